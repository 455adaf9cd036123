import { cp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Manifest, parseManifests } from '../../scripts/chart/manifests.ts'
import { run } from '../../scripts/lib/exec.ts'
import { helm4 } from './chart.ts'
import { root } from './generating.ts'
import { sharedFolder } from './shared-folder.ts'

/**
 * The operator's own chart, the newest that comes as a Go module, without the subchart that none of our values turns on.
 * That of 0.20.1 can't be used with a liveness probe: it gives the port as a string.
 */
export async function operatorChart(): Promise<string> {
  const module = 'github.com/external-secrets/external-secrets'
  const cwd = join(root, 'scripts/local/toolchain/go/operator-vulnerable')
  const { Dir } = JSON.parse(await run('go', ['mod', 'download', '-json', module], { cwd })) as { Dir: string }
  const chart = join(await sharedFolder(), 'external-secrets')
  await cp(join(Dir, 'deploy/charts/external-secrets'), chart, { recursive: true })
  // Folders of the module cache are read-only, and so are their copies.
  await run('chmod', ['-R', 'u+w', chart])
  await rm(join(chart, 'Chart.lock'))
  const description = await readFile(join(chart, 'Chart.yaml'), 'utf8')
  await writeFile(join(chart, 'Chart.yaml'), description.slice(0, description.indexOf('dependencies:')))
  return chart
}

/** What that chart renders with the values of a file, or with its defaults. */
export async function operatorManifests(
  chart: string,
  valuesFile?: string,
  namespace = 'external-secrets',
): Promise<Manifest[]> {
  const args = ['template', 'external-secrets', chart, '--namespace', namespace, '--kube-version', '1.37.0']
  return parseManifests(await run(helm4, [...args, ...(valuesFile ? ['--values', valuesFile] : [])]), 'operator')
}
