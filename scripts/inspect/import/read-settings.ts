import type { ContainerDefaults, PodSecurityLevel } from '../../model/types.ts'
import { type FoundObject, listAt, textsAt } from '../inputs/found-object.ts'

/** What a namespace asks of all its pods. */
export interface FoundSettings {
  /** Undefined: the input does not have the Namespace. `none`: it enforces nothing. */
  readonly podSecurity: PodSecurityLevel | 'none' | undefined
  readonly quota: Readonly<Record<string, string>>
  readonly containerDefaults: ContainerDefaults
}

/** By namespace. */
export function readSettings(objects: readonly FoundObject[], namespace: string): FoundSettings {
  const own = objects.filter((object) => object.apiVersion === 'v1' && object.namespace === namespace)
  const found = objects.find(
    ({ apiVersion, kind, name }) => apiVersion === 'v1' && kind === 'Namespace' && name === namespace,
  )
  const quotas = own.filter(({ kind }) => kind === 'ResourceQuota').map(({ raw }) => textsAt(raw, 'spec', 'hard'))
  const limits = own
    .filter(({ kind }) => kind === 'LimitRange')
    .flatMap(({ raw }) => listAt(raw, 'spec', 'limits'))
    .find(({ type }) => type === 'Container')
  const [requests, defaults] = [textsAt(limits, 'defaultRequest'), textsAt(limits, 'default')]
  return {
    podSecurity: found && levelOf(found),
    quota: Object.assign({}, ...quotas),
    containerDefaults: {
      ...(Object.keys(requests).length > 0 ? { requests } : {}),
      ...(Object.keys(defaults).length > 0 ? { limits: defaults } : {}),
    },
  }
}

// --- internal ---

const levels: readonly PodSecurityLevel[] = ['restricted', 'baseline', 'privileged']

function levelOf({ labels }: FoundObject): PodSecurityLevel | 'none' {
  return levels.find((level) => level === labels['pod-security.kubernetes.io/enforce']) ?? 'none'
}
