import { ProblemError } from '../lib/problems.ts'
import { type Delivered, deployStep, engineNames, engineOf } from '../model/delivery/deploy-step.ts'

/**
 * Ends a command that would write what an engine writes.
 *
 * @throws ProblemError `DELIVERED_BY_ENGINE`
 */
export function refuseDelivered(model: Delivered): void {
  const delivery = engineOf(model)
  if (!delivery) return
  const name = engineNames[delivery.engine]
  const part = delivery.engine === 'argocd' ? 'Application' : 'HelmRelease'
  throw new ProblemError({
    code: 'DELIVERED_BY_ENGINE',
    where: `environment "${model.environment}"`,
    message: `is delivered by ${name}, which would undo what a command deploys. Expected one program to write its objects.`,
    fix: `${deployStep(model)}. To deploy it by commands from now on, take its ${part} out of ${name} without deleting what it has made, and remove delivery in scripts/environments.ts.`,
  })
}
