import type { PodOutline } from './pod-outline.ts'

/**
 * The keys of a Secret that a pod names one by one and does not start without, each once, in the order it names them. What takes a
 * Secret whole names none. Pure.
 */
export function requiredKeys({ containers, volumes }: PodOutline, secret: string): string[] {
  const variables = containers
    // An ephemeral one never starts again.
    .filter(({ role }) => role !== 'ephemeral')
    .flatMap(({ env }) => env.map(({ from }) => from))
    .flatMap((from) => {
      const isIt = from.type === 'key' && from.object.kind === 'Secret' && from.object.name === secret && !from.optional
      return isIt ? [from.key] : []
    })
  const files = volumes
    .flatMap((volume) => volume.files)
    .filter((source) => source.secret === secret && !source.optional)
    .flatMap(({ items = [] }) => items.map(({ key }) => key))
  return [...new Set([...variables, ...files])]
}
