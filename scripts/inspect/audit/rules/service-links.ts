import { type FoundObject, textAt } from '../../inputs/found-object.ts'
import { at, type Finding } from '../finding.ts'
import { namespacesOf, type World } from '../world/world.ts'
import { deliveredTo } from './delivered-variables.ts'

/**
 * Code that reads `<NAME>_PORT`, which Kubernetes sets to a URL for each Service of the namespace, unless the pod sets it.
 * Source: Kubernetes 1.34, pkg/kubelet/envvars/envvars.go.
 */
export function serviceLinks(world: World): Finding[] {
  return world.model.tiers.flatMap((tier) => {
    const found = namespacesOf(world, tier)
    const isLinked = found.some(({ pods }) => pods.some(({ spec }) => spec.enableServiceLinks !== false))
    const links = new Map(
      found.flatMap(({ objects }) => objects.filter(isLinkedService).map((one) => [linkOf(one), one.name])),
    )
    if (!isLinked || links.size === 0) return []
    const { names } = deliveredTo(world, tier)
    const reads = world.code
      .filter((code) => code.tier === tier.name)
      .flatMap(({ reading }) => reading.reads.filter(({ how }) => how !== 'hint'))
    return reads.flatMap(({ file, line, name }) => {
      const service = links.get(name)
      if (service === undefined || names.has(name)) return []
      return at({ file, line }, file, 'SERVICE_LINK', {
        key: name,
        fact: `it reads ${name}, which Kubernetes sets to a URL such as tcp://10.0.0.1:80 because of the Service ${service}`,
        expected: 'a value that somebody has chosen',
        fix: `Set ${name} in the pod template, or enableServiceLinks: false.`,
      })
    })
  })
}

// --- internal ---

function isLinkedService({ apiVersion, kind, raw }: FoundObject): boolean {
  const isHeadless = textAt(raw, 'spec', 'clusterIP') === 'None' || textAt(raw, 'spec', 'type') === 'ExternalName'
  return apiVersion === 'v1' && kind === 'Service' && !isHeadless
}

function linkOf({ name }: FoundObject): string {
  return `${name.toUpperCase().replaceAll('-', '_')}_PORT`
}
