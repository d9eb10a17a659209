import { ClipboardCheck } from 'lucide-react'
import { assetHref } from '../../../app/asset-link.ts'
import { nameOfId } from '../../../arm.ts'
import { Card } from '../../../ui/Card.tsx'
import { CodeBlock } from '../../../ui/Code.tsx'
import { EmptyState } from '../../../ui/Feedback.tsx'
import { formatNumber } from '../../../ui/format.ts'
import { Link } from '../../../ui/Link.tsx'
import { SimpleTable } from '../../../ui/SimpleTable.tsx'
import { StatusBadge, StatusDot } from '../../../ui/Status.tsx'
import { statusOfVerdict, type Evidence, type EvidenceCheck } from '../release.ts'

const teaching = `{"gate": "gate-1", "kind": "metrics", "verdict": "pass", "summary": "AUC 0.71",
 "checks": [{"name": "auc", "passed": true, "value": 0.71, "threshold": 0.66}]}`

/** What speaks for a release: one card per record, each check with its figure and its bar. */
export function EvidenceTables({ evidence, digest }: { evidence: readonly Evidence[]; digest: string | undefined }) {
  if (evidence.length === 0) {
    return (
      <Card>
        <EmptyState
          icon={<ClipboardCheck />}
          title="No evidence yet"
          teach={<CodeBlock code={teaching} label="A file of the output named evidence" />}
        >
          Evidence is written by jobs: each JSON file of an output named “evidence” becomes one record.
        </EmptyState>
      </Card>
    )
  }
  return evidence
    .toReversed()
    .map((entry) => (
      <EvidenceCard key={entry.id} entry={entry} isOutdated={digest !== undefined && entry.properties.digest !== digest} />
    ))
}

function EvidenceCard({ entry, isOutdated }: { entry: Evidence; isOutdated: boolean }) {
  const { properties } = entry
  const checks = properties.checks ?? []
  const href = properties.producedBy && assetHref(properties.producedBy, '')
  return (
    <Card
      title={`${properties.kind} for ${properties.gate}`}
      note={isOutdated ? `${properties.summary} – for another digest, so it does not count` : properties.summary}
      actions={<StatusBadge status={statusOfVerdict(properties.verdict)} />}
      isFlush
    >
      <SimpleTable label={`Checks of ${properties.kind}`} columns={columns} rows={checks} rowKey={({ name }) => name} />
      {href && (
        <p className="note-row">
          Written by job <Link href={href}>{nameOfId(properties.producedBy ?? '')}</Link>
        </p>
      )}
    </Card>
  )
}

const columns = [
  { id: 'name', header: 'Check', cell: (check: EvidenceCheck) => check.name },
  { id: 'verdict', header: 'Verdict', cell: (check: EvidenceCheck) => <StatusDot status={check.passed ? 'Passed' : 'Failed'} /> },
  { id: 'value', header: 'Value', isNumeric: true, cell: (check: EvidenceCheck) => shown(check.value) },
  { id: 'threshold', header: 'Threshold', isNumeric: true, cell: (check: EvidenceCheck) => shown(check.threshold) },
]

function shown(value: EvidenceCheck['value']): string {
  return typeof value === 'number' ? formatNumber(value) : String(value ?? '–')
}
