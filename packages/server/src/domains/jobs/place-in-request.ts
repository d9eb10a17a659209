import { AppError, isAppError } from '@fulcrum/contract'
import type { JobPlan } from './plan-types.ts'

/** `properties.jobs.train` for a step of a pipeline, `properties` for the one step of any other job. */
export function baseOf(step: string, plan: JobPlan): string {
  return isPipeline(plan) ? `properties.jobs.${step}` : 'properties'
}

function isPipeline(plan: JobPlan): boolean {
  return plan.steps[0]?.spec.parentJobName !== undefined
}

/** Says where in the request a reference stands that leads nowhere: the step in the message, the member as `target`. */
export function placeOf(step: string, plan: JobPlan) {
  return async <Found>(member: string, found: Promise<Found>): Promise<Found> => {
    try {
      return await found
    } catch (error) {
      if (!isAppError(error) || error.status >= 500) throw error
      // Answered word for word like a registry that the submitter may not read, which is refused before the job is planned.
      if (error.message.startsWith("Registry '")) throw error
      const message = isPipeline(plan) ? `Step '${step}': ${error.message}` : error.message
      throw new AppError(error.code, message, { target: `${baseOf(step, plan)}.${member}`, details: error.details, cause: error })
    }
  }
}
