/**
 * The candidate closest to what was typed, or undefined when none is close enough to suggest. At least half of the longer one has
 * to be right: of short words nearly any two differ by two letters.
 *
 * @param edits how many characters may differ. Default: a third of them, and at least 2
 */
export function nearest(
  typed: string,
  candidates: readonly string[],
  edits = Math.max(2, Math.floor(typed.length / 3)),
): string | undefined {
  return closest(typed, candidates, edits + 1)
}

/**
 * The same for names with a group before them, such as `web.TLS_KEY`: first the name in another group, then a similar one
 * in this group, then any.
 */
export function nearestInGroups(typed: string, candidates: readonly string[]): string | undefined {
  const [group, name] = splitAtDot(typed)
  if (group === undefined) return nearest(typed, candidates)
  const grouped = candidates.filter((candidate) => candidate.includes('.'))
  const same = grouped.filter((candidate) => splitAtDot(candidate)[1].toLowerCase() === name.toLowerCase())
  const own = grouped.filter((candidate) => splitAtDot(candidate)[0] === group)
  return (
    closest(typed, same, Number.POSITIVE_INFINITY) ??
    nearestName(name, own) ??
    nearest(typed, candidates) ??
    nearestName(name, grouped)
  )
}

/** ` Did you mean "x"?`, or nothing. For the end of a message. */
export function didYouMean(typed: string, candidates: readonly string[], find: Find = nearest): string {
  const suggestion = find(typed, candidates)
  return suggestion === undefined ? '' : ` Did you mean "${suggestion}"?`
}

// --- internal ---

type Find = (typed: string, candidates: readonly string[]) => string | undefined

/** The candidate that is nearer than the limit, in edits. */
function closest(typed: string, candidates: readonly string[], limit: number): string | undefined {
  let best: string | undefined
  let bestDistance = limit
  for (const candidate of candidates) {
    const distance = editDistance(typed.toLowerCase(), candidate.toLowerCase())
    if (distance < bestDistance && 2 * distance <= Math.max(typed.length, candidate.length)) {
      best = candidate
      bestDistance = distance
    }
  }
  return best
}

function splitAtDot(text: string): readonly [string | undefined, string] {
  const dot = text.indexOf('.')
  return dot === -1 ? [undefined, text] : [text.slice(0, dot), text.slice(dot + 1)]
}

/** By the name alone. */
function nearestName(name: string, candidates: readonly string[]): string | undefined {
  const best = nearest(
    name,
    candidates.map((candidate) => splitAtDot(candidate)[1]),
  )
  return candidates.find((candidate) => splitAtDot(candidate)[1] === best)
}

/** How many letters are wrong, missing or too many; two that changed places count once (optimal string alignment). */
function editDistance(a: string, b: string): number {
  let before: readonly number[] = []
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const substitution = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      const isSwapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      const swap = isSwapped ? (before[j - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY
      next.push(Math.min(substitution, swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    before = row
    row = next
  }
  return row[b.length] ?? 0
}
