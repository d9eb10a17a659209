import { trackingOperations as operations } from '@fulcrum/contract'
import type { Context } from '../../../context.ts'
import { ok, route, type ApiReply, type Route } from '../../../kernel/http/index.ts'
import { artifactPathOf, listArtifacts, putArtifact, removeArtifacts } from '../artifacts.ts'
import { invalidParameter } from '../limits.ts'
import { requireRun } from '../runs.ts'
import { sendArtifact } from './file-reply.ts'
import { mlflowFileRoutes, mlflowRoutes, type MlflowRequest } from './handler.ts'
import { presentFiles } from './present.ts'

export function artifactRoutes(ctx: Context): Route[] {
  const bind = mlflowRoutes(ctx)
  const bindFile = mlflowFileRoutes(ctx)
  return [
    bind(operations.listArtifacts, listOfRun),
    bind(operations.listFiles, async ({ scope, arguments: input }) => ({
      files: presentFiles(await listArtifacts(scope, trim(input.text('path') ?? '')), ''),
    })),
    bindFile(operations.getFile, async ({ scope, request }) =>
      sendArtifact(scope, request.params['path'] ?? '', request.headers.range),
    ),
    bindFile(operations.putFile, async ({ scope, request }) => {
      await putArtifact(scope, request.params['path'] ?? '', request.stream, request.headers['content-type'])
      return ok({})
    }),
    bindFile(operations.deleteFile, async ({ scope, request }) => {
      await removeArtifacts(scope, request.params['path'] ?? '')
      return ok({})
    }),
    bindFile(operations.downloadRunFile, async (call) =>
      sendArtifact(call.scope, `${await rootOf(call)}/${call.arguments.requiredText('path')}`, call.request.headers.range),
    ),
    ...[operations.createMultipart, operations.completeMultipart, operations.abortMultipart].map((operation) =>
      route(operation, async () => noMultipart),
    ),
  ]
}

/** Upon this beginning clients send the file in one streamed PUT instead. */
const noMultipart: ApiReply = {
  status: 501,
  body: {
    error_code: 'NOT_IMPLEMENTED',
    message: 'Multipart upload is not supported for the current artifact repository; send the file in one PUT.',
  },
}

/** Paths relative to the run's root; a missing folder is an empty list. */
async function listOfRun(call: MlflowRequest) {
  const run = await requireRun(call.scope, call.arguments.requiredText('run_id', 'run_uuid'))
  const root = artifactPathOf(run.artifact_uri)
  if (root === undefined) throw invalidParameter(`The artifacts of run ${run.run_id} are in another store: ${run.artifact_uri}.`)
  const folder = trim(call.arguments.text('path') ?? '')
  const entries = await listArtifacts(call.scope, folder === '' ? root : `${root}/${folder}`)
  return { root_uri: run.artifact_uri, files: presentFiles(entries, folder) }
}

async function rootOf(call: MlflowRequest): Promise<string> {
  const run = await requireRun(call.scope, call.arguments.requiredText('run_id', 'run_uuid'))
  const root = artifactPathOf(run.artifact_uri)
  if (root === undefined) throw invalidParameter(`The artifacts of run ${run.run_id} are in another store: ${run.artifact_uri}.`)
  return root
}

function trim(path: string): string {
  return path.replace(/\/+$/, '')
}
