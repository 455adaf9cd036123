import { count } from '../../../lib/count.ts'
import { lines, oneLine, type Printable, type Style, styled, together } from '../../../lib/printable.ts'
import { table } from '../../../lib/table.ts'
import type { Finding, Severity } from '../finding.ts'

/** All findings, one line each. */
export function findingsTable(findings: readonly Finding[], columns?: number): Printable {
  const rows = findings.map((finding) => {
    const { severity, code, file, line, object, key } = finding
    const place = isOfCluster(finding) ? 'the cluster' : `${file}:${line}`
    return [{ text: severity, style: styles[severity] }, code, place, object, key]
  })
  return table(['SEVERITY', 'CODE', 'PLACE', 'OBJECT', 'KEY'], rows, { columns, cut: ['KEY', 'OBJECT'] })
}

/** What each of them means, and what to do about it. */
export function findingTexts(findings: readonly Finding[]): Printable {
  return together(
    ...findings.map((finding) => {
      const { severity, code, file, line, object, fact, expected, fix } = finding
      const place = isOfCluster(finding) ? '' : `${file}:${line}: `
      return together(
        styled(`${severity}:`, styles[severity]),
        oneLine(` ${place}${object}: ${fact}. Expected ${expected}.`),
        lines(''),
        oneLine('  '),
        styled('fix:', 'good'),
        oneLine(` ${fix}`),
        lines(''),
        lines(`  (${code})`),
      )
    }),
  )
}

/** `3 errors, 1 warning` */
export function counted(findings: readonly Finding[]): string {
  const severities: readonly Severity[] = ['error', 'warning', 'note']
  const parts = severities.flatMap((one) => {
    const number = findings.filter(({ severity }) => severity === one).length
    return number === 0 ? [] : [count(number, one)]
  })
  return parts.length === 0 ? 'nothing found' : parts.join(', ')
}

// --- internal ---

/** What is in the cluster alone has no line that can be opened. */
function isOfCluster({ file, object }: Finding): boolean {
  return file === object && /^[A-Z]/.test(file)
}

const styles: Readonly<Record<Severity, Style>> = { error: 'bad', warning: 'attention', note: 'quiet' }
