import { useState } from 'react'
import { useSearchState } from '../../../app/search-state.ts'
import { Stack } from '../../../ui/Card.tsx'
import { PageBody, PageHeader, Toolbar } from '../../../ui/Page.tsx'
import { TabButtons } from '../../../ui/Tabs.tsx'
import { ChartSamples } from '../parts/ChartSamples.tsx'
import { ControlSamples } from '../parts/ControlSamples.tsx'
import { ListSamples } from '../parts/ListSamples.tsx'
import { StateSamples } from '../parts/StateSamples.tsx'
import styles from './gallery.module.css'

const themes = ['light', 'dark', 'high-light', 'high-dark']

/** Every component in every theme, for people who build pages and for the visual check. `?theme=dark` shows one. */
export function GalleryPage() {
  const [search, setSearch] = useSearchState()
  const [density, setDensity] = useState('comfortable')
  const theme = themes.find((name) => name === search['theme']) ?? 'light'
  return (
    <div
      className={styles.gallery}
      data-theme={theme.endsWith('dark') ? 'dark' : 'light'}
      data-contrast={theme.startsWith('high') ? 'high' : undefined}
      data-density={density}
    >
      <PageBody>
        <PageHeader title="Gallery" facts="Every component, in each theme and density" />
        <Toolbar label="Appearance of the gallery">
          <TabButtons
            label="Theme"
            tabs={[
              { id: 'light', label: 'Light' },
              { id: 'dark', label: 'Dark' },
              { id: 'high-light', label: 'High contrast light' },
              { id: 'high-dark', label: 'High contrast dark' },
            ]}
            active={theme}
            onChange={(id) => setSearch({ theme: id })}
          />
          <TabButtons
            label="Density"
            tabs={[
              { id: 'comfortable', label: 'Comfortable' },
              { id: 'compact', label: 'Compact' },
            ]}
            active={density}
            onChange={setDensity}
          />
        </Toolbar>
        <Stack>
          <ControlSamples />
          <ChartSamples />
          <ListSamples />
          <StateSamples />
        </Stack>
      </PageBody>
    </div>
  )
}
