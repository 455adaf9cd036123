import { cp, mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type Manifest, parseManifests } from '../../scripts/chart/manifests.ts'
import { type RunResult, run, tryRun } from '../../scripts/lib/exec.ts'
import type { Application } from '../../scripts/model/types.ts'
import { generatedFiles, ourChart } from './generating.ts'
import { sharedFolder } from './shared-folder.ts'
import { tools } from './tools.ts'

const { helm, helm3: older } = await tools('helm', 'helm3')

/** Both lines of Helm, for `describe.each`. */
export const helms: readonly [name: string, path: string][] = [
  [`Helm ${helm.version}`, helm.path],
  [`Helm ${older.version}`, older.path],
]

export const helm4 = helm.path
export const helm3 = older.path

/** A Helm that was built without a version of Kubernetes in it takes 1.20, which the chart refuses. */
const kubeVersion = ['--kube-version', '1.37.0']

/** The chart and the values of an application, in a folder of their own. */
export async function chartOf(application: Application): Promise<{ chart: string; values(name: string): string }> {
  const folder = await sharedFolder()
  const chart = join(folder, 'charts/tiered-secrets')
  await cp(ourChart, chart, { recursive: true, filter: (path) => path !== join(ourChart, 'ci') })
  for (const [path, content] of await generatedFiles(application)) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), content)
  }
  return { chart, values: (name) => join(folder, `values/${name}.yaml`) }
}

/** What `helm template` prints. */
export function template(program: string, chart: string, valuesFile: string, ...args: string[]): Promise<string> {
  return run(program, templateArguments(chart, valuesFile, args))
}

/** The objects `helm template` prints. */
export async function manifestsOf(
  program: string,
  chart: string,
  valuesFile: string,
  ...args: string[]
): Promise<Manifest[]> {
  return parseManifests(await template(program, chart, valuesFile, ...args), valuesFile)
}

/** The same, whatever its exit code. */
export function tryTemplate(program: string, chart: string, valuesFile: string, ...args: string[]): Promise<RunResult> {
  return tryRun(program, templateArguments(chart, valuesFile, args))
}

/** Writes values to a file; JSON is YAML. */
export async function valuesFile(folder: string, values: unknown): Promise<string> {
  const path = join(folder, `${++count}.json`)
  await writeFile(path, JSON.stringify(values))
  return path
}

/** The one object of a kind and name. */
export function find(manifests: readonly Manifest[], kind: string, name: string): Manifest {
  const found = manifests.filter((manifest) => manifest.kind === kind && manifest.metadata.name === name)
  if (found.length !== 1) throw new Error(`${found.length} objects are ${kind}/${name}`)
  return found[0] as Manifest
}

// --- internal ---

let count = 0

function templateArguments(chart: string, valuesFile: string, args: readonly string[]): string[] {
  return ['template', 'release-name', chart, '--namespace', 'ns', '--values', valuesFile, ...kubeVersion, ...args]
}
