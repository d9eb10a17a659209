import type { PoolAnswer } from './pool.ts'
import type { DeploymentPlan } from './snapshot.ts'

/** What goes back to the client. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
  /** The model's own status, when it was asked. */
  readonly modelStatus: number | null
  readonly reason: string | null
}

/** An answer of the gateway's own making. */
export function refusal(status: number, code: string, message: string, headers: Record<string, string> = {}): Answer {
  const body = message === '' ? Buffer.alloc(0) : Buffer.from(JSON.stringify({ error: { code, message } }))
  return {
    status,
    headers: { ...(message === '' ? {} : { 'content-type': 'application/json' }), ...headers },
    body,
    modelStatus: null,
    reason: code,
  }
}

/** 429 (Kubernetes: 503) with an empty body, as Azure's front end answers overflow. */
export function overflow(plan: DeploymentPlan): Answer {
  const status = plan.kind === 'kubernetes' ? 503 : 429
  return refusal(status, 'too_many_pending_request', '', {
    'retry-after': '1',
    'azureml-model-deployment': plan.name,
    'ms-azureml-model-error-statuscode': '429',
    'ms-azureml-model-error-reason': 'too_many_pending_request',
  })
}

/** Maps a worker's answer to Azure's status codes; the column is chosen by the deployment's type. */
export function answerOf(plan: DeploymentPlan, answer: PoolAnswer): Answer {
  const timing = {
    'azureml-model-deployment': plan.name,
    'ms-azureml-model-time': String(Math.round(answer.inferMs)),
    'server-timing': serverTiming(answer),
  }
  const kubernetes = plan.kind === 'kubernetes'
  if (answer.kind === 'timeout') {
    const status = kubernetes ? 504 : 408
    return {
      ...refusal(status, 'request_timeout', `The request ran longer than request_timeout_ms (${plan.requestTimeoutMs}).`, timing),
      modelStatus: 408,
    }
  }
  if (answer.kind === 'result' && answer.status >= 200 && answer.status < 300) {
    return {
      status: answer.status,
      headers: { 'x-ms-server-version': 'azmlinfsrv/1.5', ...answer.headers, ...timing },
      body: answer.body,
      modelStatus: answer.status,
      reason: null,
    }
  }
  const modelStatus = answer.status
  const status = kubernetes ? (answer.kind === 'user' || answer.kind === 'crash' ? 502 : modelStatus) : 424
  const ownBody = answer.kind === 'result'
  return {
    status,
    headers: {
      'content-type': 'application/json',
      'x-ms-server-version': 'azmlinfsrv/1.5',
      'x-ms-run-function-failed': answer.kind === 'input' ? 'False' : 'True',
      ...answer.headers,
      ...timing,
      'ms-azureml-model-error-statuscode': String(modelStatus),
      'ms-azureml-model-error-reason': 'model_error',
    },
    body: ownBody ? answer.body : Buffer.from(JSON.stringify({ message: messageFor(answer) })),
    modelStatus,
    reason: answer.kind === 'crash' ? 'worker_crashed' : 'model_error',
  }
}

/** Bad input is explained to the client; an exception of user code only goes to the deployment's log. */
function messageFor(answer: PoolAnswer): string {
  return answer.kind === 'input' || answer.kind === 'crash'
    ? answer.message
    : `run() raised an exception (${answer.message.split(':', 1)[0]}); the deployment's log has the traceback.`
}

function serverTiming(answer: PoolAnswer): string {
  return `queue;dur=${answer.queueMs.toFixed(3)}, infer;dur=${answer.inferMs.toFixed(3)}, run;dur=${answer.execMs.toFixed(3)}`
}
