import { yamlScalar } from '../../../lib/yaml.ts'
import type { PipelineEnvironment } from './pipeline.ts'

/** What several jobs of a GitHub workflow are made of. */

/** Each with the commit of its tag. */
export const actions = {
  checkout: 'actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1',
  node: 'actions/setup-node@820762786026740c76f36085b0efc47a31fe5020 # v7.0.0',
  go: 'actions/setup-go@b7ad1dad31e06c5925ef5d2fc7ad053ef454303e # v7.0.0',
  cache: 'actions/cache@27d5ce7f107fe9357f9df03efb73ab90386fccae # v5.0.5',
  upload: 'actions/upload-artifact@bbbca2ddaa5d8feaa63e36b76fdaad77386f024f # v7.0.0',
  download: 'actions/download-artifact@3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c # v8.0.1',
  sarif: 'github/codeql-action/upload-sarif@8aad20d150bbac5944a9f9d289da16a4b0d87c1e # v4.36.2',
} as const

/** `${{ … }}` of GitHub. */
export const expression = (text: string) => `\${{ ${text} }}`

/** The run is of the branch that is deployed. */
export function onBranch(branch: string): string {
  return `github.ref == 'refs/heads/${branch.replaceAll("'", "''")}'`
}

/** A list of a matrix. */
export function names(environments: readonly PipelineEnvironment[]): string {
  return `[${environments.map(({ name }) => yamlScalar(name)).join(', ')}]`
}

/** Steps of the first job, again. */
export function steps(...names: readonly string[]): string {
  return names.map((name) => `      - *${name}`).join('\n')
}

/** What stands before every use of Helm. */
export const prepared = steps('checkout', 'node', 'go', 'tools', 'install')

/** GitHub masks a secret as a whole and by its lines: what a kubeconfig logs in with is masked by itself, block or flow. */
export const writeKubeconfig = `          tr ',{}' '\\n' <<< "$KUBECONFIG_TEXT" |
            sed -nE 's/^ *"?(token|password|client-key-data)"?: *"?([^" ]+)"? *$/::add-mask::\\2/p'
          (umask 077 && printf '%s\\n' "$KUBECONFIG_TEXT" > "$RUNNER_TEMP/kubeconfig")
          echo "KUBECONFIG=$RUNNER_TEMP/kubeconfig" >> "$GITHUB_ENV"
        env:
          KUBECONFIG_TEXT: ${expression('secrets.KUBECONFIG')}`
