import type { Loss } from '../../cluster/key-reads.ts'
import type { ObjectName, PodOutline } from '../../cluster/pod-outline.ts'
import type { Problem } from '../../lib/problems.ts'
import { shellWord } from '../../lib/shell.ts'
import { shortList } from '../../lib/short-list.ts'

/** A key that pods miss once they start again. */
export interface LostKey {
  readonly key: string
  readonly loss: Loss
}

/** The Secret that a key is taken out of, and the one that it was copied to. */
export interface Moved {
  readonly from: string
  readonly to: string
}

/** Of a workload that reads keys which the operator removes; the fix is for the way in which it reads them. Pure. */
export function keysInUse(where: string, outline: PodOutline, lost: readonly LostKey[], { from, to }: Moved): Problem {
  const keys = lost.map(({ key }) => key)
  const needed = lost.filter(({ loss }) => loss === 'does-not-start').map(({ key }) => key)
  const gap = needed.length > 0 ? `, and does NOT start without ${shortList(needed)}` : ''
  const leave = `--leave ${keys.map(shellWord).join(' ')}`
  return {
    code: 'TARGET_KEYS_IN_USE',
    where,
    message: `reads ${shortList(keys)} from Secret ${from}, which the operator removes from it${gap}. Expected it to read them from ${to}.`,
    fix: `${howToRead(outline, keys, { from, to })}; or leave them behind: ${needed.length > 0 ? 'take them out of its pod template, then ' : ''}${leave}`,
  }
}

// --- internal ---

function howToRead({ containers, volumes }: PodOutline, keys: readonly string[], { from, to }: Moved): string {
  const isFrom = ({ kind, name }: ObjectName) => kind === 'Secret' && name === from
  const files = volumes.flatMap(({ name, files }) =>
    files.filter(({ secret }) => secret === from).map((one) => ({ ...one, volume: name })),
  )
  const variables = containers.flatMap(({ env }) =>
    env.flatMap(({ from: it }) => (it.type === 'key' && isFrom(it.object) ? it.key : [])),
  )
  const named = [...variables, ...files.flatMap(({ items = [] }) => items.map(({ key }) => key))]
  const single = keys.filter((key) => named.includes(key))
  const whole = containers.flatMap(({ name, envFrom }) =>
    envFrom.filter(({ object }) => isFrom(object)).map(({ prefix }) => ({ name, prefix })),
  )
  const folders = files.filter(({ items }) => items === undefined).map(({ volume }) => volume)
  const ways = [
    ...(single.length > 0 ? [`name ${to} in place of ${from} where its pods take ${shortList(single)}`] : []),
    ...whole.map(
      ({ name, prefix }) =>
        `add \`envFrom: [{ ${prefix === '' ? '' : `prefix: ${prefix}, `}secretRef: { name: ${to} } }]\` to container ${name}`,
    ),
    ...folders.map((volume) => `have volume ${volume} project ${to} besides ${from}`),
  ]
  const text = ways.join(', ')
  return text === '' ? `Let it read ${to} as well` : text.charAt(0).toUpperCase() + text.slice(1)
}
