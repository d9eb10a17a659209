import { useQuery } from '@tanstack/react-query'
import { useEffect, useMemo, useState } from 'react'
import { api } from '../../../api.ts'
import { Failure } from '../../../app/PageFailure.tsx'
import { useSearchState } from '../../../app/search-state.ts'
import type { WorkspaceInView } from '../../../app/workspace.tsx'
import { Card } from '../../../ui/Card.tsx'
import { Skeleton } from '../../../ui/Feedback.tsx'
import { Select } from '../../../ui/Field.tsx'
import { createLogBuffer } from '../../../ui/log-buffer.ts'
import { LogViewer } from '../../../ui/LogViewer.tsx'
import { describeStatus } from '../../../ui/status.ts'
import type { Job } from '../job.ts'
import { runDetailsQuery } from '../run-history.ts'

const pollMs = 2000

/** The log files of a job; the one in view is part of the URL. */
export function JobLogs({ job, workspace }: { job: Job; workspace: WorkspaceInView }) {
  const isLive = describeStatus(job.properties.status).isLive
  const { data, error, refetch } = useQuery({
    ...runDetailsQuery(workspace.id, job.name),
    refetchInterval: isLive ? 5000 : false,
  })
  const [search, setSearch] = useSearchState()
  const files = Object.keys(data?.logFiles ?? {}).toSorted()
  const file = files.find((name) => name === search['file']) ?? files.find((name) => name.includes('std_log')) ?? files[0]
  if (error && !data) return <Failure error={error} onRetry={() => void refetch()} />
  if (!data) return <Skeleton height={300} />
  return (
    <Card
      isFlush
      title="Logs"
      actions={
        files.length > 0 && (
          <Select
            look="s"
            aria-label="Log file"
            value={file ?? ''}
            options={files.map((name) => ({ value: name, label: name }))}
            onChange={(event) => setSearch({ file: event.target.value })}
          />
        )
      }
    >
      <LogFile key={file} link={file && data.logFiles?.[file]} file={file ?? 'log.txt'} job={job} isLive={isLive} />
    </Card>
  )
}

function LogFile({ link, file, job, isLive }: { link: string | undefined; file: string; job: Job; isLive: boolean }) {
  const buffer = useMemo(() => createLogBuffer(), [])
  const [failure, setFailure] = useState<Error>()
  const path = link && new URL(link, window.location.origin).pathname
  useEffect(() => {
    if (!link || !path) return
    const leaving = new AbortController()
    const decoder = new TextDecoder()
    let readBytes = 0
    let timer: number | undefined
    buffer.clear()
    const read = async () => {
      try {
        const bytes = await api.bytes(link, readBytes, leaving.signal)
        readBytes += bytes.length
        buffer.append(decoder.decode(bytes, { stream: true }))
        setFailure(undefined)
      } catch (error) {
        if (leaving.signal.aborted) return
        setFailure(error instanceof Error ? error : new Error(String(error)))
      }
      if (isLive) timer = window.setTimeout(() => void read(), pollMs)
    }
    void read()
    return () => {
      leaving.abort()
      window.clearTimeout(timer)
    }
    // A link may be signed anew with each answer; only another file is another log.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [buffer, path, isLive])
  const status = describeStatus(job.properties.status).word.toLowerCase()
  return (
    <>
      {failure && <Failure error={failure} />}
      <LogViewer
        buffer={buffer}
        label={`Log of ${job.name}`}
        isLive={isLive}
        fileName={`${job.name}-${file.split('/').at(-1) ?? 'log.txt'}`}
        waitingFor={isLive ? `Waiting for the first line; the job is ${status}.` : 'This job wrote no log.'}
      />
    </>
  )
}
