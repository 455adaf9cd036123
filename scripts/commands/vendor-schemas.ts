import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { builtInSchema, crdSchemas, operatorChartSchema } from '../generate/crd-schemas.ts'
import { engineKinds } from '../generate/engine-schemas.ts'
import { diffOf, findStale, type GeneratedFile, writeStale } from '../generate/stale-files.ts'
import { defineCommand } from '../lib/command.ts'
import { commandLine } from '../lib/command-line.ts'
import { document } from '../lib/printable.ts'
import { exitCodes } from '../lib/problems.ts'
import { parseYamlDocuments } from '../lib/yaml.ts'
import { findTool, type ToolchainIo } from '../local/toolchain/find.ts'
import { downloadModule } from '../local/toolchain/go-command.ts'
import { type ChartKind, chartKinds } from '../model/chart-objects.ts'

interface Options {
  readonly check?: boolean
}

export const command = defineCommand<Options>({
  name: 'vendor-schemas',
  summary:
    'Extracts schemas from the pinned operator, Kubernetes and GitOps engines; run it after a change of version.',
  example: commandLine`vendor-schemas`,
  options: [{ flags: '--check', description: 'write nothing; print a diff and exit 3 when a file is stale' }],
  async run({ check }, io) {
    const files = await vendoredSchemas(io)
    const stale = await findStale(io.productFolder, files)
    if (check) {
      io.out(document(await diffOf(stale)))
      return stale.length > 0 ? exitCodes.problems : exitCodes.ok
    }
    await writeStale(io.productFolder, stale)
    io.log(`${files.length} schemas, ${stale.length} changed.`)
    return exitCodes.ok
  },
})

/** The vendored schemas, from the sources the toolchain pins. */
export async function vendoredSchemas(io: ToolchainIo): Promise<GeneratedFile[]> {
  const { path } = await findTool('external-secrets-crds', io)
  const crds = parseYamlDocuments(await readFile(path, 'utf8'), path)
  const kubernetes = await moduleFolder(io, 'kubernetes', 'k8s.io/kubernetes')
  const openApi = JSON.parse(await readFile(join(kubernetes, 'api/openapi-spec/swagger.json'), 'utf8'))
  const sealedSecrets = await moduleFolder(io, 'unseal', 'github.com/bitnami-labs/sealed-secrets')
  const sealedPath = join(sealedSecrets, 'helm/sealed-secrets/crds/bitnami.com_sealedsecrets.yaml')
  const sealedCrds = parseYamlDocuments(await readFile(sealedPath, 'utf8'), sealedPath)
  // Its chart is the newest that comes as a Go module.
  const operator = await moduleFolder(io, 'operator-vulnerable', 'github.com/external-secrets/external-secrets')
  const engines = await Promise.all(
    engineKinds.map(async (kind) => {
      const path = join(await moduleFolder(io, 'engines', kind.module), kind.file)
      return crdSchemas(parseYamlDocuments(await readFile(path, 'utf8'), path), [kind])
    }),
  )
  return [
    ...engines.flat(),
    ...crdSchemas(crds, kindsOf('operator')),
    ...crdSchemas(sealedCrds, kindsOf('sealed-secrets')),
    ...kindsOf('kubernetes').map((kind) => builtInSchema(openApi, kind)),
    operatorChartSchema(JSON.parse(await readFile(join(operator, operatorChart, 'values.schema.json'), 'utf8'))),
  ]
}

// --- internal ---

function kindsOf(source: ChartKind['definedBy']): readonly ChartKind[] {
  return Object.values(chartKinds).filter(({ definedBy }) => definedBy === source)
}

const operatorChart = 'deploy/charts/external-secrets'

/** The sources of a module, checked against the pins of a tool. */
function moduleFolder(io: ToolchainIo, tool: string, module: string): Promise<string> {
  return downloadModule(
    { name: module, directory: join(io.productFolder, 'scripts/local/toolchain/go', tool), io },
    module,
  )
}
