/** One change of a version, as Artifact Hub shows it. */
export interface Change {
  /** Undefined: the changelog does not say. Source: Artifact Hub, `artifacthub.io/changes`. */
  readonly kind: ChangeKind | undefined
  readonly description: string
}

export type ChangeKind = 'added' | 'changed' | 'deprecated' | 'removed' | 'fixed' | 'security'

/**
 * What a changelog lists for a version: the items below its heading `## 1.2.3` or `## [1.2.3] - 2026-11-29`, whose kind is the
 * heading above them, as in Keep a Changelog. Pure.
 *
 * @param text Markdown
 * @returns undefined where it has no such heading
 */
export function changesOf(text: string, version: string): Change[] | undefined {
  const [, ...sections] = text.replaceAll('\r\n', '\n').split(/^## +/m)
  const section = sections.find((one) => versionOf(one) === version)
  if (section === undefined) return undefined
  const [, ...lines] = section.split('\n')
  const changes: { kind: ChangeKind | undefined; description: string }[] = []
  let kind: ChangeKind | undefined
  let isOpen = false
  for (const line of lines) {
    const [, heading] = /^### +(\S+)/.exec(line) ?? []
    const [, item] = /^[-*+] +(.+)$/.exec(line) ?? []
    const last = changes.at(-1)
    if (heading !== undefined) kind = kinds.find((one) => one === heading.toLowerCase())
    if (item !== undefined) changes.push({ kind, description: item.trim() })
    // Lines that are indented belong to the item, and so does a list in it.
    else if (isOpen && last && /^\s+\S/.test(line)) last.description += ` ${line.trim()}`
    isOpen = item !== undefined || (isOpen && /^\s+\S/.test(line))
  }
  return changes
}

// --- internal ---

const kinds: readonly ChangeKind[] = ['added', 'changed', 'deprecated', 'removed', 'fixed', 'security']

function versionOf(section: string): string | undefined {
  return /^\[?v?(\d[^\]\s]*)/.exec(section)?.[1]
}
