import { lastLines } from '../../lib/exec.ts'

/**
 * What kustomize says of a mistake, without what it quotes of files, which may be a secret: parts that it quotes whole, and words
 * that are neither plain words nor names of files and objects. The last three lines. Pure.
 */
export function complaintOf(stderr: string): string[] {
  const told = quotes.reduce((text, [pattern, replacement]) => text.replace(pattern, replacement), stderr)
  const lines = told.split('\n').filter((line) => line.trim() !== '' && !/Warning:/.test(line))
  return (lines.length === 0 ? [] : lastLines(lines.join('\n'), 3)).map((line) =>
    line.replace(/[^\s"'`:;,()\\]+/g, (word) => (isPlain(word) ? word : '…')),
  )
}

// --- internal ---

/** Source: kustomize, api/kv/kv.go, api/internal/builtins/Patch*.go, api/filters/replacement/replacement.go */
const quotes: readonly (readonly [RegExp, string])[] = [
  [/`[^`]*`/g, '`…`'],
  [/\{[^}]*\}?/g, '…'],
  [/\[(?!noNs\])[^\]]*\]?/g, '…'],
  [/(literal source ).*?(?=, expected|$)/gs, '$1…'],
  [/((?:out of bounds for value|target for JSON patch|path in|same time)\s).*/gs, '$1…'],
  [/"[^"]*"(?= is not a valid key name)/g, '"…"'],
]

function isPlain(word: string): boolean {
  return (
    /^[A-Za-z]?[a-z]{0,24}[.!?]?$/.test(word) ||
    /^(YAML|JSON|SM|KV|URL|HTTP|err|='|\d{1,5})$/.test(word) ||
    // Files, addresses of this machine, fields, `Deployment.v1.apps/api.[noNs]`, words with a hyphen.
    /^(err)?[=<>*-]?\.{0,2}\/[\w./@-]+$/.test(word) ||
    /^[\w-]+(\/[\w.-]+)*\.(ya?ml|json|env|properties)$/.test(word) ||
    /^127\.0\.0\.1$/.test(word) ||
    /^[A-Z][A-Za-z]+(\.[a-z][\w-]*)+\/[a-z0-9.-]+(\.\[noNs\]|\.[a-z0-9-]+)?$/.test(word) ||
    /^-{0,2}[a-z]+(-[a-z]+)+$/.test(word) ||
    /^[a-z]+([A-Z][a-z]+)+$/.test(word)
  )
}
