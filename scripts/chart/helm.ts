import { commandLine } from '../lib/command-line.ts'
import { type RunOptions, run } from '../lib/exec.ts'
import type { Folders } from '../lib/folders.ts'
import { exitCodes } from '../lib/problems.ts'
import { shell } from '../lib/shell.ts'
import { withChart } from './chart-folder.ts'

/** One release of the chart: what to install, where, with which values. */
export interface ReleaseOptions extends Folders {
  /** Path of the helm program. */
  readonly helm: string
  readonly release: { readonly name: string; readonly namespace: string }
  /** Relative to the user's folder. */
  readonly valuesFile: string
  /** Values that go over the file's, as `--set-string` takes them. Never a secret: they end in the release. */
  readonly set?: Readonly<Record<string, string>>
  /** Added to the environment of helm; `KUBECONFIG` for a local cluster. */
  readonly env?: Readonly<Record<string, string>>
  readonly kubeContext?: string
  readonly signal?: AbortSignal
}

/**
 * `helm template`: the manifests as one YAML stream. Does not read a cluster.
 *
 * @throws ProblemError `TOOL_FAILED` with the messages of the schema or the chart's own checks
 */
export function renderChart(options: ReleaseOptions): Promise<string> {
  return withChart(options, (chart) =>
    run(options.helm, ['template', ...releaseArguments(options, chart)], runOptions(options)),
  )
}

/**
 * `helm upgrade --install`; returns the number of the revision it made.
 * Helm's own `--wait` is not used: it treats an ExternalSecret without a status as ready, and would wait for optional ones.
 *
 * @throws ProblemError `TOOL_FAILED` (exit code 4: the cluster is unreachable or refuses)
 */
export async function upgradeRelease(options: ReleaseOptions): Promise<number> {
  const { version } = JSON.parse(await upgrade(options, ['--output', 'json'])) as { readonly version: number }
  return version
}

/**
 * The same as a server-side dry run: the manifests, which the API server has checked. Nothing is changed.
 *
 * @throws as `upgradeRelease`
 */
export function dryRunRelease(options: ReleaseOptions): Promise<string> {
  // The notes describe what is installed, and nothing is.
  return upgrade(options, ['--dry-run=server', '--hide-notes'])
}

/** `helm lint --strict` of the chart with one values file. */
export function lintChart(
  options: Pick<ReleaseOptions, 'helm' | keyof Folders | 'valuesFile' | 'signal'>,
): Promise<string> {
  const { helm, valuesFile } = options
  return withChart(options, (chart) =>
    run(helm, ['lint', '--strict', chart, '--values', valuesFile], runOptions(options)),
  )
}

// --- internal ---

function upgrade(options: ReleaseOptions, more: readonly string[]): Promise<string> {
  const { release, kubeContext } = options
  const { name, namespace } = release
  const context = kubeContext === undefined ? [] : ['--kube-context', kubeContext]
  return withChart(options, (chart) =>
    run(
      options.helm,
      ['upgrade', '--install', ...releaseArguments(options, chart), '--create-namespace', ...context, ...more],
      {
        ...runOptions(options),
        exitCode: exitCodes.unreachable,
        fix: `Read the lines above. \`${shell`helm history --namespace ${namespace} ${name}`}\` shows what is installed; nothing has to be undone by hand.`,
      },
    ),
  )
}

/** Variables that would make Helm use another cluster or user than the kubeconfig and the arguments say. */
const noOverrides = Object.fromEntries(
  [
    'HELM_KUBEAPISERVER',
    'HELM_KUBEASGROUPS',
    'HELM_KUBEASUSER',
    'HELM_KUBECAFILE',
    'HELM_KUBECONTEXT',
    'HELM_KUBEINSECURE_SKIP_TLS_VERIFY',
    'HELM_KUBETLS_SERVER_NAME',
    'HELM_KUBETOKEN',
    'HELM_NAMESPACE',
  ].map((name) => [name, undefined]),
)

function releaseArguments({ release, valuesFile, set = {} }: ReleaseOptions, chart: string): string[] {
  const overrides = Object.entries(set).flatMap(([name, value]) => ['--set-string', `${name}=${value}`])
  return [release.name, chart, '--namespace', release.namespace, '--values', valuesFile, ...overrides]
}

function runOptions({ userFolder, env, signal }: Pick<ReleaseOptions, 'userFolder' | 'env' | 'signal'>): RunOptions {
  return {
    cwd: userFolder,
    env: { ...noOverrides, ...env },
    ...(signal === undefined ? {} : { signal }),
    fix: `Correct scripts/catalogue.ts or scripts/environments.ts and run \`${commandLine`gen-values`}\`.`,
  }
}
