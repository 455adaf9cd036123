import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Benchmark, BenchmarkIo } from './benchmark.ts'
import { inTurns, peakMemoryMiB, tsx } from './measured-programs.ts'
import { describePairs, type Measurement, medianExcessMs } from './measurement.ts'
import { copyRepository, type Workspace } from './workspace.ts'

/** `audit` of many manifests, and of much code, compared with an empty TypeScript file. */
export const audit: Benchmark = {
  name: 'audit',
  async run(io) {
    await using workspace = await copyRepository(io, { 'empty.ts': '' })
    await writeFiles(workspace, manifests())
    await writeFiles(workspace, code())
    return [
      ...(await measure('20 MB of manifests', ['--manifests', 'many'], workspace, io)),
      ...(await measure('3,000 source files', ['--manifests', 'one', '--code', 'backend=@source'], workspace, io)),
    ]
  },
}

// --- internal ---

async function measure(
  what: string,
  options: readonly string[],
  { folder }: Workspace,
  io: BenchmarkIo,
): Promise<Measurement[]> {
  io.log(`audit: ${what}`)
  const program = tsx(folder, 'scripts/cli.ts', 'audit', '--environment', 'recette', ...options)
  const pairs = await inTurns(tsx(folder, 'empty.ts'), program, { ...io, runs: 1 })
  const memory = await peakMemoryMiB(program, io)
  return [
    { what: `audit, ${what}`, value: medianExcessMs(pairs) / 1000, unit: '+s', target: 20, how: describePairs(pairs) },
    { what: `audit, ${what}, peak memory`, value: memory, unit: 'MiB', target: 500, how: 'one run' },
  ]
}

async function writeFiles(
  { folder }: Workspace,
  files: Iterable<readonly [path: string, text: string]>,
): Promise<void> {
  for (const [path, text] of files) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), text)
  }
}

const manifestBytes = 20_000_000

/** Workloads with their settings, Services and policies, and one that the catalogue has. */
function* manifests(): Generator<readonly [string, string]> {
  yield ['one/settings.yaml', configMap(0)]
  let bytes = 0
  for (let file = 0; bytes < manifestBytes; file++) {
    const text = Array.from({ length: 10 }, (_, index) => application(file * 10 + index)).join('---\n')
    bytes += text.length
    yield [`many/${file}.yaml`, text]
  }
}

function application(index: number): string {
  const labels = `app: app-${index}`
  return [
    `apiVersion: apps/v1
kind: Deployment
${metadata('app', index)}
spec:
  selector:
    matchLabels:
      ${labels}
  template:
    metadata:
      labels:
        ${labels}
    spec:
      containers:
        - name: main
          image: shop/app:${index}
          ports:
            - name: http
              containerPort: 3000
          envFrom:
            - configMapRef:
                name: settings-${index}
          env:
${lines(60, (line) => `            - name: VARIABLE_${line}\n              value: "text ${line} of ${index}"`)}
`,
    configMap(index),
    `apiVersion: v1
kind: Service
${metadata('app', index)}
spec:
  selector:
    ${labels}
  ports:
    - port: 80
      targetPort: http
`,
    `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
${metadata('app', index)}
spec:
  podSelector:
    matchLabels:
      ${labels}
  ingress:
    - from:
        - podSelector:
            matchLabels:
              ${labels}
`,
  ].join('---\n')
}

function configMap(index: number): string {
  return `apiVersion: v1\nkind: ConfigMap\n${metadata('settings', index)}\ndata:\n${lines(30, (line) => `  KEY_${line}: "text ${line}"`)}\n`
}

function metadata(name: string, index: number): string {
  return `metadata:\n  name: ${name}-${index}\n  namespace: trackdechets-${index % 2 === 0 ? 'backend' : 'frontend'}`
}

const files = 3_000
/** As a program names it. */
const environment = ['process', 'env'].join('.')

/** Modules that import each other; each reads a variable. */
function* code(): Generator<readonly [string, string]> {
  for (let index = 0; index < files; index++) {
    const next = (index + 100) % files
    const body = lines(60, (line) => `export const f${line} = (a: number, b: string) => b.repeat(a * ${line})`)
    const other = JSON.stringify(`../m${next % 100}/f${next}.ts`)
    const variable = `${environment}.VARIABLE_${index % 150}`
    const text = `import { f1 } from ${other}\nexport const v = ${variable}\n${body}\nf1(1, 'a')\n`
    yield [`source/m${index % 100}/f${index}.ts`, text]
  }
}

function lines(count: number, line: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => line(index)).join('\n')
}
