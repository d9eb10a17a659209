import { Copy, Ellipsis, Plus, RefreshCw, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { Button, IconButton } from '../../../ui/Button.tsx'
import { Card, CardGrid, Stack } from '../../../ui/Card.tsx'
import { CopyableId } from '../../../ui/Code.tsx'
import { Dialog } from '../../../ui/Dialog.tsx'
import { Field, Input, SearchInput, Select, Slider, Switch, Textarea } from '../../../ui/Field.tsx'
import { formatBytes } from '../../../ui/format.ts'
import { Link } from '../../../ui/Link.tsx'
import { Menu } from '../../../ui/Menu.tsx'
import { Breadcrumbs, KeyValueList } from '../../../ui/Page.tsx'
import { Badge, StatusBadge, StatusDot } from '../../../ui/Status.tsx'
import { jobStatuses } from '../../../ui/status.ts'
import { Tabs } from '../../../ui/Tabs.tsx'
import { Duration } from '../../../ui/Time.tsx'
import { useToast } from '../../../ui/Toast.tsx'

/** Buttons, fields, statuses, navigation. */
export function ControlSamples() {
  return (
    <CardGrid minWidth={360}>
      <Card title="Buttons" note="A disabled button says why">
        <Buttons />
      </Card>
      <Card title="Job statuses">
        <Stack row gap={3}>
          {jobStatuses.map((status) => (
            <StatusDot key={status} status={status} />
          ))}
        </Stack>
      </Card>
      <Card title="Verdicts and labels">
        <Stack row gap={2}>
          {['Succeeded', 'Failed', 'Creating', 'AwaitingApproval', 'Drifted', 'Skipped', 'Reused'].map((status) => (
            <StatusBadge key={status} status={status} />
          ))}
          <Badge>v7</Badge>
          <Badge tone="accent">champion</Badge>
          <Badge tone="hold">gate 2</Badge>
        </Stack>
      </Card>
      <Card title="Fields">
        <Fields />
      </Card>
      <Card title="Facts">
        <KeyValueList
          items={[
            { key: 'Name', value: <CopyableId id="brave-fox-7h2k" /> },
            { key: 'Size', value: formatBytes(3_482_112_000) },
            { key: 'Duration', value: <Duration start="2026-03-12T10:00:00Z" end="2026-03-12T10:24:07Z" /> },
            { key: 'Guide', value: <Link href="/gallery">How jobs run</Link> },
            { key: 'Owner', value: undefined },
          ]}
        />
      </Card>
      <Card title="Navigation">
        <Stack>
          <Breadcrumbs
            crumbs={[{ label: 'Models', href: '/gallery' }, { label: 'churn', href: '/gallery' }, { label: 'version 7' }]}
          />
          <Tabs
            label="Example"
            active="metrics"
            tabs={[
              { id: 'overview', label: 'Overview', href: '/gallery' },
              { id: 'metrics', label: 'Metrics', href: '/gallery', count: 12 },
              { id: 'logs', label: 'Logs', href: '/gallery' },
            ]}
          />
        </Stack>
      </Card>
    </CardGrid>
  )
}

function Buttons() {
  const [isOpen, setOpen] = useState(false)
  const toast = useToast()
  return (
    <Stack row gap={2}>
      <Button look="primary" icon={<Plus />} onClick={() => setOpen(true)}>
        New job
      </Button>
      <Button
        icon={<RefreshCw />}
        onClick={() => toast({ text: 'The model was archived', action: { label: 'Undo', perform: () => undefined } })}
      >
        Show a message
      </Button>
      <Button look="quiet">Quiet</Button>
      <Button look="danger" icon={<Trash2 />}>
        Delete
      </Button>
      <Button isBusy>Saving</Button>
      <Button disabledReason="You need the role AzureML Data Scientist">Submit</Button>
      <Button size="s">Small</Button>
      <IconButton label="Copy" icon={<Copy />} />
      <Menu
        items={[
          { id: 'open', label: 'Open', shortcut: 'enter', onSelect: () => undefined },
          { id: 'archive', label: 'Archive', detail: 'Keeps everything, hides it from lists', onSelect: () => undefined },
          { kind: 'separator', id: 'line' },
          { id: 'delete', label: 'Delete', isDangerous: true, disabledReason: 'Deployed to prod', onSelect: () => undefined },
        ]}
      >
        <IconButton label="More" icon={<Ellipsis />} />
      </Menu>
      <Dialog
        isOpen={isOpen}
        onClose={() => setOpen(false)}
        title="New job"
        width="s"
        actions={
          <>
            <Button onClick={() => setOpen(false)}>Close</Button>
            <Button look="primary" onClick={() => setOpen(false)}>
              Create
            </Button>
          </>
        }
      >
        <Field label="Name">{(control) => <Input {...control} defaultValue="brave-fox" />}</Field>
      </Dialog>
    </Stack>
  )
}

function Fields() {
  const [isOn, setOn] = useState(true)
  const [percent, setPercent] = useState(20)
  const [query, setQuery] = useState('')
  return (
    <Stack gap={3}>
      <Field label="Endpoint name" hint="3–32 characters; part of the scoring URL">
        {(control) => <Input {...control} defaultValue="churn" />}
      </Field>
      <Field label="Instances" error="At most 8: that is the quota of this workspace">
        {(control) => <Input {...control} defaultValue="12" inputMode="numeric" />}
      </Field>
      <Field label="Reason">{(control) => <Textarea {...control} rows={2} />}</Field>
      <Stack row gap={3}>
        <Select
          aria-label="Compute"
          options={[
            { value: 'local', label: 'local' },
            { value: 'aks', label: 'aks-prod' },
          ]}
        />
        <Switch label="Mirror traffic" isOn={isOn} onChange={setOn} />
        <Slider label="Share" unit=" %" min={0} max={100} step={5} value={percent} onChange={setPercent} />
      </Stack>
      <SearchInput label="Filter models" value={query} onChange={setQuery} isPageFilter />
    </Stack>
  )
}
