import type { Problem } from '../lib/problems.ts'
import { isRecord } from '../lib/record.ts'

/** Of the form of the data files that this package reads and `init` writes. */
export const dataVersion = 1

/** Of data files in another form nothing can be said but which package reads them. */
export function checkDataVersion(catalogue: unknown): Problem | undefined {
  const found = isRecord(catalogue) ? catalogue.dataVersion : undefined
  if (found === undefined || found === dataVersion) return undefined
  const shown = ['number', 'string'].includes(typeof found) ? JSON.stringify(found) : `of type ${typeof found}`
  return {
    code: 'DATA_VERSION',
    where: 'catalogue',
    message: `has dataVersion ${shown}. Expected ${dataVersion}, the form of data files that this version of tiered-secrets reads.`,
    fix: 'Install the version of tiered-secrets they were written for, or change them as its CHANGELOG.md tells.',
  }
}
