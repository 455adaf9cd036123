import type { Application } from '../../model/types.ts'
import type { GeneratedFile } from '../stale-files.ts'
import { environmentSchema, jsonSchemaHeader } from './environment-schema.ts'
import { moduleHeader, typescriptModule } from './typescript.ts'
import { variablesOf } from './variables.ts'

/** What a tier's programs can be given. */
export type ModuleLanguage = 'typescript' | 'json-schema'

/** The module of one tier: nothing in it comes from another one. */
export function envModule(application: Application, tier: string, language: ModuleLanguage): string {
  const variables = variablesOf(application, tier)
  return language === 'typescript' ? typescriptModule(variables) : environmentSchema(variables)
}

/** The modules of the tiers that say where theirs belongs. */
export function envModuleFiles(application: Application): GeneratedFile[] {
  return Object.entries(application.catalogue.tiers).flatMap(([tier, { envModule: path }]) => {
    if (path === undefined) return []
    const language = path.endsWith('.json') ? 'json-schema' : 'typescript'
    const header = language === 'typescript' ? moduleHeader : jsonSchemaHeader
    return [{ path, content: envModule(application, tier, language), header }]
  })
}
