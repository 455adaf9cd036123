import { lines, oneLine, type Printable } from '../../../lib/printable.ts'
import type { Finding } from '../finding.ts'

/**
 * The findings as JUnit's XML: an error is a failed test, everything else a skipped one.
 * Source: junit-10.xsd of Jenkins, and `file`, which GitLab reads besides.
 */
export function junitReport(findings: readonly Finding[]): Printable {
  const failures = findings.filter(({ severity }) => severity === 'error').length
  const counts = `tests="${Math.max(1, findings.length)}" failures="${failures}" errors="0"`
  return lines(
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="audit" ${counts}>`,
    `  <testsuite name="audit" ${counts} skipped="${findings.length - failures}">`,
    ...(findings.length === 0
      ? ['    <testcase classname="audit" name="nothing found"/>']
      : findings.flatMap(testCase)),
    '  </testsuite>',
    '</testsuites>',
  )
}

// --- internal ---

function testCase({ code, severity, file, line, object, key, fact, expected, fix }: Finding): string[] {
  const name = [code, object, key].filter((part) => part !== '').join(' ')
  const message = attribute(`${fact}. Expected ${expected}.`)
  return [
    `    <testcase classname="${attribute(file)}" name="${attribute(name)}" file="${attribute(file)}">`,
    severity === 'error'
      ? `      <failure type="${code}" message="${message}">${attribute(`${file}:${line}: ${fix}`)}</failure>`
      : `      <skipped message="${message}"/>`,
    '    </testcase>',
  ]
}

/** Also what XML 1.0 has no way to write. */
function attribute(text: string): string {
  return oneLine(text)
    .replace(/[\ufffe\uffff]/g, '?')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}
