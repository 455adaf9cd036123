import type { FoundObject } from '../../inputs/found-object.ts'

/** Whether an object is of a kind by which some operator may make pods of its own. */
export function mayMakePods(object: FoundObject): boolean {
  const group = groupOf(object)
  return group.includes('.') && !passive.test(group) && !/^(bitnami\.com|cert-manager\.io)$/.test(group)
}

/** Whether an object is of a kind by which some operator may make Secrets and ConfigMaps, under names that it chooses. */
export function mayMakeSecrets(object: FoundObject): boolean {
  const group = groupOf(object)
  return group.includes('.') && !passive.test(group)
}

// --- internal ---

/** Groups whose kinds only say how others behave. */
const passive =
  /(^|\.)k8s\.io$|^external-secrets\.io$|^monitoring\.coreos\.com$|^argoproj\.io$|^traefik\.|\.istio\.io$|^cilium\.io$|^kyverno\.io$|^keda\.sh$/

function groupOf({ apiVersion }: FoundObject): string {
  const [group = '', version] = apiVersion.split('/')
  return version === undefined ? '' : group
}
