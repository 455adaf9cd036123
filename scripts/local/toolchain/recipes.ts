import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { compare, exitCodes, ProblemError } from '../../lib/problems.ts'

/** How one group of tools is built. Versions are not repeated here: they stand in the pinned go.mod or requirements.txt. */
export interface Recipe {
  readonly kind: 'go' | 'operator' | 'operator-crds' | 'python' | 'scw'
  /** The folder with the pins, below `scripts/local/toolchain`. */
  readonly folder: string
  /** The pinned module or package whose version this recipe carries. */
  readonly pin: string
  /** What `go build` is given. Default: the module itself. */
  readonly package?: string
  /** The Go variable that the program prints as its version; without it most of these call themselves "development". */
  readonly versionVariable?: string
  /** Seconds on two cores with nothing downloaded; what the progress line announces. */
  readonly coldSeconds: number
}

export const recipes = {
  helm: {
    kind: 'go',
    folder: 'go/helm',
    pin: 'helm.sh/helm/v4',
    package: 'helm.sh/helm/v4/cmd/helm',
    versionVariable: 'helm.sh/helm/v4/internal/version.version',
    coldSeconds: 180,
  },
  helm3: {
    kind: 'go',
    folder: 'go/helm3',
    pin: 'helm.sh/helm/v3',
    package: 'helm.sh/helm/v3/cmd/helm',
    versionVariable: 'helm.sh/helm/v3/internal/version.version',
    coldSeconds: 120,
  },
  ct: {
    kind: 'go',
    folder: 'go/ct',
    pin: 'github.com/helm/chart-testing/v3',
    package: 'github.com/helm/chart-testing/v3/ct',
    versionVariable: 'github.com/helm/chart-testing/v3/ct/cmd.Version',
    coldSeconds: 60,
  },
  kubeconform: {
    kind: 'go',
    folder: 'go/kubeconform',
    pin: 'github.com/yannh/kubeconform',
    package: 'github.com/yannh/kubeconform/cmd/kubeconform',
    versionVariable: 'main.version',
    coldSeconds: 10,
  },
  kustomize: {
    kind: 'go',
    folder: 'go/kustomize',
    pin: 'sigs.k8s.io/kustomize/kustomize/v5',
    package: 'sigs.k8s.io/kustomize/kustomize/v5',
    versionVariable: 'sigs.k8s.io/kustomize/api/provenance.version',
    coldSeconds: 30,
  },
  etcd: { kind: 'go', folder: 'go/etcd', pin: 'go.etcd.io/etcd/server/v3', coldSeconds: 30 },
  'kube-apiserver': {
    kind: 'go',
    folder: 'go/kubernetes',
    pin: 'k8s.io/kubernetes',
    package: 'k8s.io/kubernetes/cmd/kube-apiserver',
    versionVariable: 'k8s.io/component-base/version.gitVersion',
    coldSeconds: 240,
  },
  'kube-controller-manager': {
    kind: 'go',
    folder: 'go/kubernetes',
    pin: 'k8s.io/kubernetes',
    package: 'k8s.io/kubernetes/cmd/kube-controller-manager',
    versionVariable: 'k8s.io/component-base/version.gitVersion',
    coldSeconds: 75,
  },
  'external-secrets': {
    kind: 'operator',
    folder: 'go/operator',
    pin: 'github.com/external-secrets/external-secrets',
    coldSeconds: 220,
  },
  'external-secrets-crds': {
    kind: 'operator-crds',
    folder: 'go/operator',
    pin: 'github.com/external-secrets/external-secrets',
    coldSeconds: 10,
  },
  // For tests only: a version with known advisories, for the attacks that they allow.
  'external-secrets-vulnerable': {
    kind: 'operator',
    folder: 'go/operator-vulnerable',
    pin: 'github.com/external-secrets/external-secrets',
    coldSeconds: 220,
  },
  // For tests only: the sealed-secrets controller's own code, which opens what this project seals.
  unseal: { kind: 'go', folder: 'go/unseal', pin: 'github.com/bitnami-labs/sealed-secrets', coldSeconds: 60 },
  // For tests only: HashiCorp's own HCL parser and formatter.
  hclcheck: { kind: 'go', folder: 'go/hclcheck', pin: 'github.com/hashicorp/hcl/v2', coldSeconds: 10 },
  // For tests only: Flux's own judgement of health. Its go.mod has Helm's versions of all that both need, compiled once.
  fluxhealth: { kind: 'go', folder: 'go/fluxhealth', pin: 'github.com/fluxcd/pkg/runtime', coldSeconds: 30 },
  // For tests only: the interpreter that Argo CD asks for the health of objects.
  luacheck: { kind: 'go', folder: 'go/luacheck', pin: 'github.com/yuin/gopher-lua', coldSeconds: 5 },
  // For tests only: the reference registry, to which charts are pushed.
  registry: {
    kind: 'go',
    folder: 'go/registry',
    pin: 'github.com/distribution/distribution/v3',
    versionVariable: 'github.com/distribution/distribution/v3/version.version',
    coldSeconds: 40,
  },
  // For tests only: a linter of GitHub workflows.
  actionlint: {
    kind: 'go',
    folder: 'go/actionlint',
    pin: 'github.com/rhysd/actionlint',
    package: 'github.com/rhysd/actionlint/cmd/actionlint',
    coldSeconds: 20,
  },
  'yaml-linters': { kind: 'python', folder: 'python', pin: 'yamllint', coldSeconds: 15 },
  // For tests only: Scaleway's own clients, which the emulator has to answer.
  scw: {
    kind: 'scw',
    folder: 'go/scw',
    pin: 'github.com/scaleway/scaleway-cli/v2',
    versionVariable: 'main.Version',
    coldSeconds: 50,
  },
  'scaleway-python': { kind: 'python', folder: 'python-scaleway', pin: 'scaleway', coldSeconds: 15 },
} as const satisfies Record<string, Recipe>

export type RecipeName = keyof typeof recipes

/** A recipe with the versions of its pins. */
export interface PinnedRecipe extends Recipe {
  readonly name: RecipeName
  /** Absolute path of the folder with the pins. */
  readonly directory: string
  /** Without the leading `v`. */
  readonly version: string
  /** Folder name in the cache: changes with the version, the pins, the recipe, the platform, and nothing else. */
  readonly key: string
  /** Version by package, for a recipe that makes several tools. */
  readonly pins: ReadonlyMap<string, string>
}

/** Raise it when a build step changes in a way that neither the pins nor the recipe show. */
const buildSteps = 1

/**
 * Reads the pins of a recipe.
 *
 * @param productFolder where the pins are
 * @throws ProblemError `TOOLCHAIN_DAMAGED` when the committed pins don't name the recipe's module.
 */
export async function readRecipe(name: RecipeName, productFolder: string): Promise<PinnedRecipe> {
  const recipe: Recipe = recipes[name]
  const directory = join(productFolder, 'scripts', 'local', 'toolchain', recipe.folder)
  const files = (await readdir(directory)).filter((file) => /\.(go|mod|sum|txt)$/.test(file)).sort(compare)
  const { kind, package: package_, versionVariable } = recipe
  const digest = createHash('sha256').update(JSON.stringify([buildSteps, kind, package_, versionVariable]))
  let text = ''
  for (const file of files) {
    const content = await readFile(join(directory, file), 'utf8')
    digest.update(`\0${file}\0${content}`)
    if (file === 'go.mod' || file === 'requirements.txt') text = content
  }
  const pins = pinsOf(text)
  const version = pins.get(recipe.pin)
  if (version === undefined) throw damaged(directory, recipe.pin)
  const platform = `${process.platform}-${process.arch}`
  const key = `${name}-${version}-${platform}-${digest.digest('hex').slice(0, 12)}`
  return { ...recipe, name, directory, version, key, pins }
}

// --- internal ---

/** Lines such as `require a.b/c v1.2.3`, `a.b/c v1.2.3 // indirect` and `name==1.2.3 \`. */
function pinsOf(text: string): Map<string, string> {
  const pins = new Map<string, string>()
  for (const line of text.split('\n')) {
    const match = /^\s*(?:require )?([\w./-]+)(?: v|==)(\d\S*)/.exec(line)
    if (match?.[1] !== undefined && match[2] !== undefined) pins.set(match[1], match[2])
  }
  return pins
}

function damaged(directory: string, pin: string): ProblemError {
  return new ProblemError(
    {
      code: 'TOOLCHAIN_DAMAGED',
      where: directory,
      message: `the pins don't name ${pin}. Expected a line with its version.`,
      fix: `Restore the folder: git checkout -- ${directory}`,
    },
    exitCodes.toolMissing,
  )
}
