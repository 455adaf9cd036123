import { jsonDocument, type Printable } from '../../../lib/printable.ts'
import { type Finding, fingerprint, type Severity } from '../finding.ts'

/** The findings as a Code Quality report of GitLab. Source: GitLab, "Code Quality report format". */
export function gitlabReport(findings: readonly Finding[]): Printable {
  return jsonDocument(
    findings.map((finding) => {
      const { code, severity, file, line, object, fact, expected, fix } = finding
      return {
        description: `${object}: ${fact}. Expected ${expected}. ${fix}`,
        check_name: code,
        fingerprint: fingerprint(finding),
        severity: severities[severity],
        location: { path: file.replace(/^(\.\/)+/, ''), lines: { begin: line } },
      }
    }),
  )
}

// --- internal ---

const severities: Readonly<Record<Severity, string>> = { error: 'major', warning: 'minor', note: 'info' }
