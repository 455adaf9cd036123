import { commandLine, kubectl } from '../../lib/command-line.ts'
import { shell } from '../../lib/shell.ts'
import type { EnvironmentModel } from '../resolve.ts'
import type { DeliveryBy, Engine } from './delivery.ts'

/** What is asked about how an environment is delivered. */
export type Delivered = Pick<EnvironmentModel, 'application' | 'environment' | 'release' | 'delivery'>

/** An engine that applies by itself what is in Git: other programs should write nothing that it writes. */
export type OwnEngine = Extract<Engine, 'argocd' | 'flux'>

export const engineNames = { argocd: 'Argo CD', flux: 'Flux', helmfile: 'helmfile' } as const satisfies Record<
  Engine,
  string
>

/** The delivery of an environment by such an engine; undefined: a command deploys it, ours or helmfile. */
export function engineOf({ delivery }: Pick<EnvironmentModel, 'delivery'>): DeliveryBy<OwnEngine> | undefined {
  return delivery?.engine === 'argocd' || delivery?.engine === 'flux' ? delivery : undefined
}

/** One Argo CD may have several clusters in which the release has the same name. */
export function argoCdApplication({
  application,
  environment,
}: Pick<Delivered, 'application' | 'environment'>): string {
  return `${application}-${environment}-secrets`
}

/**
 * How what the catalogue implies gets into the cluster: our command in the quotes of Markdown; or what an engine applies, and where it
 * tells why it did not. Without a final period.
 *
 * @param or what else to do where nobody says who deploys
 */
export function deployStep(model: Delivered, or?: string): string {
  const delivery = engineOf(model)
  if (delivery) return `${appliedBy(delivery)}: push what it lacks, ${lookAt(model, delivery)}`
  const command = `\`${commandLine`deploy --environment ${model.environment}`}\``
  return or === undefined ? command : `${command}, or ${or}`
}

/** The same for an object that somebody has changed. */
export function restoreStep(model: Delivered, or?: string): string {
  const delivery = engineOf(model)
  if (!delivery) return deployStep(model, or)
  return `${deployStep(model)}. Fields that others have added it leaves: remove them by hand`
}

/** What is to be done once a plan is accepted, where an engine does the rest: a whole sentence. */
export function nextStep({ environment, delivery }: Delivered): string | undefined {
  const engine = engineOf({ delivery })
  if (!engine) return undefined
  const how = engine.engine === 'argocd' && engine.sync === 'manual' ? 'on request' : 'by itself'
  return `next: commit and push; ${appliedBy(engine)}, ${how}; \`${commandLine`wait --environment ${environment}`}\` ends when its secrets are there`
}

// --- internal ---

function appliedBy({ engine, revision, repository }: DeliveryBy<OwnEngine>): string {
  return `${engineNames[engine]} applies what ${revision} of ${repository} has`
}

function lookAt(model: Delivered, delivery: DeliveryBy<OwnEngine>): string {
  const { namespace } = delivery
  if (delivery.engine === 'flux')
    return `or see why it is behind: \`${kubectl`describe helmrelease ${model.release.name} --namespace ${namespace}`}\``
  const application = `${namespace}/${argoCdApplication(model)}`
  return delivery.sync === 'manual'
    ? `then \`${shell`argocd app sync ${application}`}\``
    : `or see why it is behind: \`${shell`argocd app get ${application}`}\``
}
