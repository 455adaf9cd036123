import { createHash } from 'node:crypto'
import { toYaml } from '../../lib/yaml.ts'
import type { DeliveryBy, Engine } from '../../model/delivery/delivery.ts'
import type { EnvironmentModel } from '../../model/resolve.ts'
import type { GeneratedFile } from '../stale-files.ts'
import { yamlHeader, yamlHeaderStart } from '../yaml-header.ts'
import { argoCdFiles } from './argocd/index.ts'
import type { DeliveredFile, DeliveredModel } from './delivered.ts'
import { fluxFiles } from './flux.ts'
import { helmfileFiles } from './helmfile.ts'

/**
 * What the GitOps engines of an application read: `gitops/<engine>/…`, and nothing for environments without `delivery`.
 *
 * @param helmReads the files that Helm reads for an environment
 */
export function deliveryFiles(
  models: readonly EnvironmentModel[],
  helmReads: (environment: string) => readonly GeneratedFile[],
): GeneratedFile[] {
  return (Object.keys(engines) as Engine[]).flatMap((engine) =>
    filesOf(engine, models, helmReads).map(({ path, documents }) => ({
      path: `gitops/${engine}/${path}`,
      content: yamlHeader() + documents.map((document) => toYaml(document, { blocks: true })).join('---\n'),
      header: yamlHeaderStart,
    })),
  )
}

// --- internal ---

/** The files of an engine for the environments that it delivers: at least one. */
type Engines = { readonly [Name in Engine]: (models: readonly DeliveredModel<Name>[]) => DeliveredFile[] }

const engines: Engines = { argocd: argoCdFiles, flux: fluxFiles, helmfile: helmfileFiles }

function filesOf<Name extends Engine>(
  engine: Name,
  models: readonly EnvironmentModel[],
  helmReads: (environment: string) => readonly GeneratedFile[],
): DeliveredFile[] {
  const own = models.flatMap(({ delivery, ...model }): DeliveredModel<Name>[] => {
    if (delivery?.engine !== engine) return []
    const digest = digestOf(helmReads(model.environment))
    return [{ ...model, delivery: delivery as DeliveryBy<Name>, digest }]
  })
  return own.length === 0 ? [] : engines[engine](own)
}

function digestOf(files: readonly GeneratedFile[]): string {
  const hash = createHash('sha256')
  for (const { path, content } of files) hash.update(`${path}\0${content}\0`)
  return hash.digest('hex')
}
