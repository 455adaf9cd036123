import { jsonDocument, type Printable } from '../../../lib/printable.ts'
import type { EnvironmentModel } from '../../../model/resolve.ts'
import { type Finding, fingerprint } from '../finding.ts'

/** Everything for machines. */
export function jsonReport(
  { application, environment }: Pick<EnvironmentModel, 'application' | 'environment'>,
  findings: readonly Finding[],
): Printable {
  const all = findings.map((finding) => {
    const { code, severity, file, line, object, key, fact, expected, fix } = finding
    return { code, severity, file, line, object, key, fact, expected, fix, fingerprint: fingerprint(finding) }
  })
  return jsonDocument({ version: 1, application, environment, findings: all })
}
