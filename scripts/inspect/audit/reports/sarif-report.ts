import { jsonDocument, type Printable } from '../../../lib/printable.ts'
import { type AuditCode, auditCodes } from '../audit-codes.ts'
import { type Finding, fingerprint } from '../finding.ts'

/**
 * The findings as SARIF 2.1.0, as GitHub takes it.
 * Source: OASIS SARIF 2.1.0; GitHub, "SARIF support for code scanning".
 */
export function sarifReport(findings: readonly Finding[]): Printable {
  const codes = [...new Set(findings.map(({ code }) => code))].sort()
  const rules = codes.map((code) => ruleOf(code, findings))
  const results = findings.map((finding) => resultOf(finding, codes.indexOf(finding.code)))
  return jsonDocument({
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [{ tool: { driver: { name: 'tiered-secrets audit', rules } }, results }],
  })
}

/** A path as a relative reference: each part encoded, with forward slashes. */
export function uriOf(file: string): string {
  return file
    .split(/[\\/]/)
    .map((part) => encodeURIComponent(wellFormed(part)))
    .join('/')
}

// --- internal ---

/** Half a character can not be encoded. */
function wellFormed(text: string): string {
  return Buffer.from(text, 'utf8').toString('utf8')
}

function ruleOf(id: AuditCode, findings: readonly Finding[]) {
  const { severity, title } = auditCodes[id]
  const help = findings.find(({ code }) => code === id)?.fix ?? title
  return {
    id,
    shortDescription: { text: title },
    fullDescription: { text: title },
    help: { text: help },
    defaultConfiguration: { level: severity },
    properties: { tags: ['secrets', 'kubernetes'] },
  }
}

function resultOf(finding: Finding, ruleIndex: number) {
  const { code, severity, file, line, object, fact, expected, fix } = finding
  return {
    ruleId: code,
    ruleIndex,
    level: severity,
    message: { text: `${object}: ${fact}. Expected ${expected}. ${fix}` },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: uriOf(file) },
          region: { startLine: line, startColumn: 1, endLine: line },
        },
      },
    ],
    partialFingerprints: { primaryLocationLineHash: `${fingerprint(finding)}:1` },
  }
}
