import type { ContainerOutline } from '../../../cluster/pod-outline.ts'
import { nearest } from '../../../lib/nearest.ts'
import { at, listAt, textAt } from '../../inputs/found-object.ts'
import { about, type Finding } from '../finding.ts'
import type { FoundPods } from '../world/found-pods.ts'
import type { FoundNamespace, World } from '../world/world.ts'

/**
 * Values and arguments that take in a variable, as `$(NAME)`, which their container does not have, or not yet: the text stays as
 * it is. Source: Kubernetes, pkg/kubelet/kubelet_pods.go, third_party/forked/golang/expansion.
 */
export function expansions({ namespaces }: World): Finding[] {
  return namespaces.flatMap((namespace) =>
    namespace.pods.flatMap((pods) =>
      pods.template.outline.containers.flatMap((container) => ofContainer(namespace, pods, container)),
    ),
  )
}

// --- internal ---

function ofContainer({ known }: FoundNamespace, pods: FoundPods, container: ContainerOutline): Finding[] {
  const have = new Set<string>()
  for (const { object, prefix } of container.envFrom) {
    const keys = known.keysOf(object)
    // Whatever it has may be meant.
    if (!Array.isArray(keys)) return []
    for (const key of keys as readonly string[]) have.add(prefix + key)
  }
  const all = [...have, ...container.env.map(({ name }) => name)]
  const found: Finding[] = []
  for (const { name, from } of container.env) {
    const names = from.type === 'value' ? from.names : []
    for (const one of names)
      if (isMeant(one) && !have.has(one)) found.push(unexpanded(pods, container, `env ${name}`, one, all))
    have.add(name)
  }
  const texts = argumentsOf(pods, container)
  const names = texts.flatMap((text) =>
    [...text.matchAll(/(?<!\$)\$\(([A-Z_][A-Z0-9_]*)\)/g)].map(([, one = '']) => one),
  )
  for (const one of new Set(names))
    if (isMeant(one) && !have.has(one)) found.push(unexpanded(pods, container, 'args', one, all))
  return found
}

/** A command that a shell would run is in lowercase, and what Kubernetes sets for a Service is not among the input. */
function isMeant(name: string): boolean {
  return /^[A-Z_][A-Z0-9_]*$/.test(name) && !/_SERVICE_(HOST|PORT)|_PORT(_|$)|^KUBERNETES_/.test(name)
}

function argumentsOf({ spec }: FoundPods, { name }: ContainerOutline): string[] {
  return ['initContainers', 'containers']
    .flatMap((field) => listAt(spec, field))
    .filter((one) => textAt(one, 'name') === name)
    .flatMap((one) => ['command', 'args'].flatMap((field) => at(one, field)))
    .filter((text) => typeof text === 'string')
}

function unexpanded(
  { object }: FoundPods,
  { name: container, env }: ContainerOutline,
  place: string,
  name: string,
  all: readonly string[],
): Finding {
  const isLater = env.some((one) => one.name === name)
  const near = nearest(name, all)
  return about(object, 'VARIABLE_UNEXPANDED', {
    key: `${container} ${place} ${name}`,
    fact: `${place} of container ${container} takes in $(${name}), ${isLater ? 'which is set after it' : 'which the container does not have'}: the text stays as it is`,
    expected: `a variable that is set before it${near && !isLater ? `, such as ${near}` : ''}`,
    fix: isLater
      ? `Move ${name} before it in env.`
      : `Set ${name} in env, or write $$(${name}) if the text itself is meant.`,
  })
}
