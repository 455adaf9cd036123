import { join } from 'node:path'
import { commandLine } from '../lib/command-line.ts'
import { tryRun } from '../lib/exec.ts'
import type { Problem } from '../lib/problems.ts'

/** Schemas of the kinds the chart renders; nothing is downloaded. */
const schemaFolder = 'schema'
const location = '{{ .Group }}/{{ .ResourceKind }}_{{ .ResourceAPIVersion }}.json'

interface Finding {
  readonly kind: string
  readonly name: string
  readonly status: string
  readonly msg: string
}

/**
 * Checks a stream of manifests against the vendored schemas, which refuse unknown fields.
 *
 * @param where names the manifests in a problem
 */
export async function checkSchemas(
  kubeconform: string,
  productFolder: string,
  manifests: string,
  where: string,
): Promise<Problem[]> {
  const args = ['-strict', '-output', 'json', '-schema-location', join(productFolder, schemaFolder, location)]
  const { stdout, stderr, exitCode } = await tryRun(kubeconform, args, { input: manifests })
  if (exitCode === 0) return []
  const findings = parse(stdout)
  if (findings.length === 0) {
    return [
      {
        code: 'KUBECONFORM_FAILED',
        where,
        message: `${stderr.trim()}. Expected kubeconform to run.`,
        fix: `Run \`${commandLine`setup`}\`.`,
      },
    ]
  }
  return findings.map(({ kind, name, msg }) => ({
    code: 'MANIFEST_INVALID',
    where: `${where} ${kind}/${name}`,
    message: `${msg}. Expected what the schema of the kind allows.`,
    fix: 'Correct the template of the kind in charts/tiered-secrets/templates.',
  }))
}

// --- internal ---

function parse(json: string): readonly Finding[] {
  try {
    return (JSON.parse(json) as { resources?: Finding[] }).resources ?? []
  } catch {
    return []
  }
}
