import { groupBy } from '../lib/group.ts'

/**
 * A regular expression that accepts exactly these names, written as a tree: `^S3_(?:BUCKET|KEY_[12])$`. Helm compiles
 * and matches a plain list of 1,000 alternatives ten times as slowly.
 *
 * @param names letters, digits and underscores only; at least one
 */
export function namePattern(names: readonly string[]): string {
  return `^${tree([...new Set(names)])}$`
}

// --- internal ---

/** The pattern of what may follow one beginning. First characters with the same continuation share a class. */
function tree(endings: readonly string[]): string {
  const continuations = groupBy(
    groupBy(
      endings.filter((ending) => ending !== ''),
      (ending) => ending.charAt(0),
    ),
    ([, group]) => tree(group.map((ending) => ending.slice(1))),
  )
  const branches = [...continuations].map(([continuation, groups]) => {
    const first = groups.map(([character]) => character).join('')
    return (first.length > 1 ? `[${first}]` : first) + continuation
  })
  const mayEnd = branches.length > 0 && endings.includes('')
  if (branches.length === 1 && !mayEnd) return branches.join('')
  return branches.length === 0 ? '' : `(?:${branches.join('|')})${mayEnd ? '?' : ''}`
}
