import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { builtInSchema, crdSchemas } from '../emit/crd-schemas.ts'
import { diffOf, findStale, type GeneratedFile, writeStale } from '../emit/plan.ts'
import { defineCommand } from '../lib/command.ts'
import { run } from '../lib/exec.ts'
import { exitCodes } from '../lib/problems.ts'
import { parseYamlDocuments } from '../lib/yaml.ts'
import { findTool, type ToolchainIo } from '../toolchain/find.ts'

interface Options {
  readonly check?: boolean
}

export const command = defineCommand<Options>({
  name: 'vendor-schemas',
  summary: 'Cuts the schemas `check` uses from the pinned operator and Kubernetes; after a change of version.',
  example: 'npm run vendor-schemas',
  options: [{ flags: '--check', description: 'write nothing; print a diff and exit 3 when a file is stale' }],
  async run({ check }, io) {
    const files = await vendoredSchemas(io)
    const stale = await findStale(io.root, files)
    if (check) {
      io.out(await diffOf(stale))
      return stale.length > 0 ? exitCodes.problems : exitCodes.ok
    }
    await writeStale(io.root, stale)
    io.log(`${files.length} schemas, ${stale.length} changed.`)
    return exitCodes.ok
  },
})

/** The vendored schemas, from the sources the toolchain pins. */
export async function vendoredSchemas(io: ToolchainIo): Promise<GeneratedFile[]> {
  const { path } = await findTool('external-secrets-crds', io)
  const crds = parseYamlDocuments(await readFile(path, 'utf8'), path)
  const module = join(io.root, 'scripts/toolchain/go/kubernetes')
  const downloaded = await run('go', ['mod', 'download', '-json', 'k8s.io/kubernetes'], { cwd: module })
  const { Dir } = JSON.parse(downloaded) as { Dir: string }
  const openApi = JSON.parse(await readFile(join(Dir, 'api/openapi-spec/swagger.json'), 'utf8'))
  return [
    ...crdSchemas(crds, ['ExternalSecret', 'SecretStore']),
    builtInSchema(openApi, 'io.k8s.api.core.v1.Namespace'),
  ]
}
