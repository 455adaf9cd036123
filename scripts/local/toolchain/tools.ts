import type { RecipeName } from './recipes.ts'

/** How to ask a tool for its version. */
interface VersionProbe {
  readonly args: readonly string[]
  /** The first group is the version; a tool without a version has no group. */
  readonly pattern: RegExp
  /** Versions that match, for a tool without a version: `0.20.1 or newer`. */
  readonly of?: string
}

export interface ToolSpec {
  readonly recipe: RecipeName
  /** Where the recipe leaves it, relative to the recipe's folder in the cache. */
  readonly file: string
  /** The environment variable that names it, and whether it names the file or the folder that holds it. */
  readonly variable: string
  readonly variableNames: 'file' | 'folder'
  /** Names looked for on PATH. Empty: PATH is not searched, because a foreign copy can't be distinguished from ours. */
  readonly onPath: readonly string[]
  /** Versions our tests run with; taken from PATH as well. Undefined when the tool has no version. */
  readonly tested?: string
  /**
   * Versions an environment variable may name: what the chart and our commands need of it. Outside of `tested` with a warning.
   *
   * Default: `tested`
   */
  readonly supported?: string
  /** Undefined for a tool that is not a program. */
  readonly probe?: VersionProbe
}

/** Every tool, by name. Builds use the exact pinned version. */
export const tools = {
  helm: {
    recipe: 'helm',
    file: 'bin/helm',
    variable: 'HELM_BIN',
    variableNames: 'file',
    onPath: ['helm'],
    tested: '>=4.3.0 <5.0.0',
    // `--hide-notes` of a dry run is of 3.16.
    supported: '>=3.16.0 <5.0.0',
    probe: { args: ['version', '--template', '{{.Version}}'], pattern: /^v?(\d\S*)/ },
  },
  helm3: {
    recipe: 'helm3',
    file: 'bin/helm',
    variable: 'HELM3_BIN',
    variableNames: 'file',
    onPath: ['helm3', 'helm'],
    tested: '>=3.22.0 <4.0.0',
    supported: '>=3.16.0 <4.0.0',
    probe: { args: ['version', '--template', '{{.Version}}'], pattern: /^v?(\d\S*)/ },
  },
  ct: {
    recipe: 'ct',
    file: 'bin/ct',
    variable: 'CT_BIN',
    variableNames: 'file',
    onPath: ['ct'],
    tested: '>=3.14.0 <4.0.0',
    supported: '>=3.0.0 <4.0.0',
    probe: { args: ['version'], pattern: /Version:\s*v?(\d\S*)/ },
  },
  kubeconform: {
    recipe: 'kubeconform',
    file: 'bin/kubeconform',
    variable: 'KUBECONFORM_BIN',
    variableNames: 'file',
    onPath: ['kubeconform'],
    tested: '>=0.7.0 <1.0.0',
    probe: { args: ['-v'], pattern: /v?(\d\S*)/ },
  },
  etcd: {
    recipe: 'etcd',
    file: 'bin/etcd',
    variable: 'KUBEBUILDER_ASSETS',
    variableNames: 'folder',
    onPath: ['etcd'],
    tested: '>=3.7.0 <3.8.0',
    // `/readyz` is of 3.5.11.
    supported: '>=3.5.11',
    probe: { args: ['--version'], pattern: /etcd Version:\s*(\d\S*)/ },
  },
  'kube-apiserver': {
    recipe: 'kube-apiserver',
    file: 'bin/kube-apiserver',
    variable: 'KUBEBUILDER_ASSETS',
    variableNames: 'folder',
    onPath: ['kube-apiserver'],
    tested: '>=1.37.0 <1.38.0',
    // As `kubeVersion` of the chart.
    supported: '>=1.30.0',
    probe: { args: ['--version'], pattern: /Kubernetes v(\d\S*)/ },
  },
  'kube-controller-manager': {
    recipe: 'kube-controller-manager',
    file: 'bin/kube-controller-manager',
    variable: 'KUBEBUILDER_ASSETS',
    variableNames: 'folder',
    onPath: ['kube-controller-manager'],
    tested: '>=1.37.0 <1.38.0',
    // As `kubeVersion` of the chart.
    supported: '>=1.30.0',
    probe: { args: ['--version'], pattern: /Kubernetes v(\d\S*)/ },
  },
  'external-secrets': {
    recipe: 'external-secrets',
    file: 'bin/external-secrets',
    variable: 'EXTERNAL_SECRETS_BIN',
    variableNames: 'file',
    onPath: [],
    // The newest of the flags it is started with; 0.19 has no flag for readiness.
    probe: { args: ['--help'], pattern: /--live-addr\b/, of: '0.20.1 or newer' },
  },
  'external-secrets-crds': {
    recipe: 'external-secrets-crds',
    file: 'crds.yaml',
    variable: 'EXTERNAL_SECRETS_CRDS',
    variableNames: 'file',
    onPath: [],
  },
  'external-secrets-vulnerable': {
    recipe: 'external-secrets-vulnerable',
    file: 'bin/external-secrets',
    variable: 'EXTERNAL_SECRETS_VULNERABLE_BIN',
    variableNames: 'file',
    onPath: [],
    // The newest of the flags it is started with; 0.19 has no flag for readiness.
    probe: { args: ['--help'], pattern: /--live-addr\b/, of: '0.20.1 or newer' },
  },
  unseal: {
    recipe: 'unseal',
    file: 'bin/unseal',
    variable: 'UNSEAL_BIN',
    variableNames: 'file',
    onPath: [],
    probe: { args: ['--help'], pattern: /reads a SealedSecret/ },
  },
  hclcheck: {
    recipe: 'hclcheck',
    file: 'bin/hclcheck',
    variable: 'HCLCHECK_BIN',
    variableNames: 'file',
    onPath: [],
    probe: { args: ['--help'], pattern: /what each quoted string means/ },
  },
  yamllint: {
    recipe: 'yaml-linters',
    file: 'bin/yamllint',
    variable: 'YAMLLINT_BIN',
    variableNames: 'file',
    onPath: ['yamllint'],
    tested: '>=1.35.0 <2.0.0',
    probe: { args: ['--version'], pattern: /yamllint (\d\S*)/ },
  },
  yamale: {
    recipe: 'yaml-linters',
    file: 'bin/yamale',
    variable: 'YAMALE_BIN',
    variableNames: 'file',
    onPath: ['yamale'],
    tested: '>=5.0.0 <7.0.0',
    probe: { args: ['--version'], pattern: /(\d+\.\d+\S*)/ },
  },
} as const satisfies Record<string, ToolSpec>

export type ToolName = keyof typeof tools

export const toolNames = Object.keys(tools) as ToolName[]

export interface Tool {
  readonly name: ToolName
  /** An executable file; for `external-secrets-crds` a YAML file, or a folder of them. */
  readonly path: string
  /** Without the leading `v`; `unknown` for a given file without a version. */
  readonly version: string
  /** Where it came from: an environment variable's name, `PATH`, `cache` or `built`. */
  readonly source: string
}

/** An environment variable may hold a folder without this tool: Kubernetes' own test archives have no controller manager. */
export const optionalInFolder: readonly ToolName[] = ['kube-controller-manager']

/** `HELM_BIN`, or `KUBEBUILDER_ASSETS (the folder that holds it)`: for the end of a message. */
export function variableHint(name: ToolName): string {
  const { variable, variableNames } = tools[name]
  return variableNames === 'folder' ? `${variable} (the folder that holds it)` : variable
}
