import type { EnvironmentBuild } from '@fulcrum/contract'
import { useEffect, useMemo, useState, useSyncExternalStore } from 'react'
import { api } from '../../../api.ts'
import { Failure } from '../../../app/PageFailure.tsx'
import { Card } from '../../../ui/Card.tsx'
import { createLogBuffer, type LogBuffer } from '../../../ui/log-buffer.ts'
import { LogViewer } from '../../../ui/LogViewer.tsx'
import { failingLineOf } from '../build-log.ts'

interface BuildLogProps {
  readonly versionId: string
  readonly build: EnvironmentBuild
  readonly name: string
}

const pollMs = 1000

/** The log of the newest build, line by line while it builds; the line that it failed at is marked. */
export function BuildLog({ versionId, build, name }: BuildLogProps) {
  const buffer = useMemo(() => createLogBuffer(), [])
  const [failure, setFailure] = useState<Error>()
  const isLive = build.state === 'Building'
  useEffect(
    () => followBuildLog({ path: `${versionId}/buildLog`, buffer, isLive, onFailure: setFailure }),
    [versionId, buffer, isLive],
  )
  const lines = useSyncExternalStore(buffer.subscribe, buffer.read)
  const failing = useMemo(() => failingLineOf(lines, build.error), [lines, build.error])
  return (
    <Card title="Build log" isFlush>
      {failure && <Failure error={failure} />}
      <LogViewer
        buffer={buffer}
        label={`Build log of ${name}`}
        isLive={isLive}
        height={320}
        fileName={`${name}-build.txt`}
        {...(failing >= 0 && { failingLine: failing })}
        waitingFor={
          build.state === 'NotBuilt'
            ? 'It is built with the first job that names it, or now by the button above.'
            : 'No line yet.'
        }
      />
    </Card>
  )
}

interface Following {
  readonly path: string
  readonly buffer: LogBuffer
  readonly isLive: boolean
  onFailure(failure: Error | undefined): void
}

/** Reads the log from its start, and on while the build lives. @returns a function that stops */
function followBuildLog({ path, buffer, isLive, onFailure }: Following): () => void {
  const leaving = new AbortController()
  let offset = 0
  let timer: number | undefined
  buffer.clear()
  const read = async () => {
    let hasMore = isLive
    try {
      const query = { offset }
      const part = await api.get<{ content: string; nextOffset: number }>(path, { query, signal: leaving.signal })
      buffer.append(part.content)
      hasMore ||= part.content !== ''
      offset = part.nextOffset
      onFailure(undefined)
    } catch (error) {
      if (leaving.signal.aborted) return
      onFailure(error instanceof Error ? error : new Error(String(error)))
      hasMore = true
    }
    if (hasMore) timer = window.setTimeout(() => void read(), pollMs)
  }
  void read()
  return () => {
    leaving.abort()
    window.clearTimeout(timer)
  }
}
