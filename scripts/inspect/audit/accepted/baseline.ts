import { readIfExists } from '../../../lib/files.ts'
import { type Problem, ProblemError } from '../../../lib/problems.ts'
import { isRecord } from '../../../lib/record.ts'
import { type Finding, fingerprint } from '../finding.ts'

/** Findings that a team has accepted for now. */
export type Baseline = ReadonlySet<string>

/** The text of a baseline: one entry for each finding, in their order, so that a diff shows what has come and gone. */
export function baselineText(findings: readonly Finding[]): string {
  const entries = findings.map((finding) => {
    const { code, object, key } = finding
    return { fingerprint: fingerprint(finding), code, object, key }
  })
  entries.sort((a, b) => (`${a.code} ${a.object} ${a.key}` < `${b.code} ${b.object} ${b.key}` ? -1 : 1))
  return `${JSON.stringify({ version: 1, findings: entries }, undefined, 2)}\n`
}

/**
 * @param shown how the file is told
 * @throws ProblemError `BASELINE_INVALID`
 */
export async function readBaseline(file: string, shown: string): Promise<Baseline> {
  const text = await readIfExists(file)
  if (text === undefined) throw new ProblemError(invalid(shown, 'is not there'))
  const value = parsed(text)
  const found = isRecord(value) && value.version === 1 && Array.isArray(value.findings) ? value.findings : undefined
  if (!found) throw new ProblemError(invalid(shown, 'is not a baseline of version 1'))
  return new Set(found.flatMap((one) => (isRecord(one) && typeof one.fingerprint === 'string' ? one.fingerprint : [])))
}

/** What a baseline does not have, and how many of its entries are not found any more. */
export function withoutBaseline(
  findings: readonly Finding[],
  baseline: Baseline,
): { readonly left: Finding[]; readonly gone: number } {
  const present = new Set(findings.map(fingerprint))
  return {
    left: findings.filter((finding) => !baseline.has(fingerprint(finding))),
    gone: [...baseline].filter((id) => !present.has(id)).length,
  }
}

// --- internal ---

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function invalid(where: string, fact: string): Problem {
  return {
    code: 'BASELINE_INVALID',
    where,
    message: `${fact}. Expected what --write-baseline has written.`,
    fix: 'Add --write-baseline to the command once, and commit the file.',
  }
}
