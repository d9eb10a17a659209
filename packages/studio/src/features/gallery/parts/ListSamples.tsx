import { useMemo, useState } from 'react'
import type { TimeWindow } from '../../../graph/gantt-time.ts'
import { StepsView, type StepsForm } from '../../../graph/StepsView.tsx'
import { Card, Stack } from '../../../ui/Card.tsx'
import { SameBy, SourceView } from '../../../ui/Code.tsx'
import { formatNumber } from '../../../ui/format.ts'
import { createLogBuffer } from '../../../ui/log-buffer.ts'
import { LogViewer } from '../../../ui/LogViewer.tsx'
import { StatusDot } from '../../../ui/Status.tsx'
import { jobStatuses } from '../../../ui/status.ts'
import { Table, type Column } from '../../../ui/Table.tsx'
import { sampleLog, sampleResource, sampleSteps } from '../samples.ts'

interface Row {
  readonly name: string
  readonly status: string
  readonly score: number
}

const rows: readonly Row[] = Array.from({ length: 40 }, (_, index) => ({
  name: `brave-fox-${index + 1}`,
  status: jobStatuses[(index * 5) % jobStatuses.length] ?? 'Completed',
  score: 0.7 + ((index * 37) % 29) / 100,
}))

const columns: readonly Column<Row>[] = [
  { id: 'name', header: 'Name', width: 'minmax(160px, 2fr)', cell: (row) => row.name, isSortable: true },
  { id: 'status', header: 'Status', width: '160px', cell: (row) => <StatusDot status={row.status} /> },
  { id: 'score', header: 'Accuracy', width: '110px', isNumeric: true, cell: (row) => formatNumber(row.score) },
]

/** Table, graph and its twins, log, source. */
export function ListSamples() {
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set(['brave-fox-2']))
  const [form, setForm] = useState<StepsForm>('both')
  const [timeWindow, setTimeWindow] = useState<TimeWindow>()
  const [step, setStep] = useState<string>()
  const log = useMemo(() => createLogBuffer(sampleLog), [])
  const toggle = (key: string) =>
    setSelected((keys) => new Set(keys.has(key) ? [...keys].filter((other) => other !== key) : [...keys, key]))
  return (
    <Stack>
      <Card isFlush>
        <Table
          label="Example jobs"
          columns={columns}
          rows={rows}
          rowKey={(row) => row.name}
          empty={undefined}
          selected={selected}
          onSelect={toggle}
          isPrimary
        />
      </Card>
      <StepsView
        steps={sampleSteps}
        form={form}
        onForm={setForm}
        selected={step}
        onSelect={setStep}
        window={timeWindow}
        onWindow={setTimeWindow}
      />
      <Card title="Log" isFlush>
        <LogViewer
          buffer={log}
          label="Example log"
          isLive={false}
          waitingFor="Waiting for the first line"
          fileName="example.log"
          height={300}
        />
      </Card>
      <Card title="Same by CLI, SDK and curl">
        <SameBy
          cli="az ml job list --output table"
          sdk="for job in ml_client.jobs.list():\n    print(job.name)"
          curl={'curl "$FULCRUM_HOST/…/jobs"'}
        />
      </Card>
      <Card title="Resource">
        <SourceView value={sampleResource} label="Example resource" />
      </Card>
    </Stack>
  )
}
