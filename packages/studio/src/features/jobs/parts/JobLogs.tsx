import { queryOptions, useQuery } from '@tanstack/react-query'
import { useEffect, useMemo, useState } from 'react'
import { api } from '../../../api.ts'
import { Failure } from '../../../app/PageFailure.tsx'
import { useSearchState } from '../../../app/search-state.ts'
import { Card } from '../../../ui/Card.tsx'
import { Skeleton } from '../../../ui/Feedback.tsx'
import { Select } from '../../../ui/Field.tsx'
import { createLogBuffer } from '../../../ui/log-buffer.ts'
import { LogViewer } from '../../../ui/LogViewer.tsx'
import { describeStatus } from '../../../ui/status.ts'
import type { Job } from '../job.ts'

const pollMs = 700

interface LogList {
  readonly value: readonly { readonly path: string; readonly sizeBytes?: number }[]
}

function logsQuery(jobId: string, isLive: boolean) {
  return queryOptions({
    queryKey: ['arm', jobId, 'logs'],
    queryFn: ({ signal }) => api.get<LogList>(`${jobId}/logs`, { signal }),
    refetchInterval: isLive ? 2000 : false,
  })
}

/** The log files of a job; the one in view is part of the URL. */
export function JobLogs({ job }: { job: Job }) {
  const isLive = describeStatus(job.properties.status).isLive
  const { data, error, refetch } = useQuery(logsQuery(job.id, isLive))
  const [search, setSearch] = useSearchState()
  const files = (data?.value ?? []).map(({ path }) => path)
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
      <LogFile key={file} file={file} job={job} isLive={isLive} />
    </Card>
  )
}

function LogFile({ file, job, isLive }: { file: string | undefined; job: Job; isLive: boolean }) {
  const buffer = useMemo(() => createLogBuffer(), [])
  const [failure, setFailure] = useState<Error>()
  const path = file && `${job.id}/logs/${file.split('/').map(encodeURIComponent).join('/')}`
  useEffect(() => (path ? followLog(path, buffer, setFailure) : undefined), [buffer, path])
  const status = describeStatus(job.properties.status).word.toLowerCase()
  return (
    <>
      {failure && <Failure error={failure} />}
      <LogViewer
        buffer={buffer}
        label={`Log of ${job.name}`}
        isLive={isLive}
        fileName={`${job.name}-${file?.split('/').at(-1) ?? 'log.txt'}`}
        waitingFor={isLive ? `Waiting for the first line; the job is ${status}.` : 'This job wrote no log.'}
      />
    </>
  )
}

/** Reads a log until the server says that it is complete. @returns a function that stops */
function followLog(
  path: string,
  buffer: ReturnType<typeof createLogBuffer>,
  onFailure: (failure: Error | undefined) => void,
): () => void {
  const leaving = new AbortController()
  const decoder = new TextDecoder()
  let offset = 0
  let timer: number | undefined
  buffer.clear()
  const read = async () => {
    let isComplete = false
    try {
      const part = await api.log(path, offset, leaving.signal)
      offset += part.bytes.length
      buffer.append(decoder.decode(part.bytes, { stream: true }))
      isComplete = part.isComplete && part.bytes.length === 0
      onFailure(undefined)
    } catch (error) {
      if (leaving.signal.aborted) return
      onFailure(error instanceof Error ? error : new Error(String(error)))
    }
    if (!isComplete) timer = window.setTimeout(() => void read(), pollMs)
  }
  void read()
  return () => {
    leaving.abort()
    window.clearTimeout(timer)
  }
}
