import { readFile } from 'node:fs/promises'
import { relative } from 'node:path'
import { dataFiles, type Folders } from '../../lib/folders.ts'
import { groupBy } from '../../lib/group.ts'
import type { Problem } from '../../lib/problems.ts'
import type { Node, Syntax } from '../audit/code/syntax.ts'

/**
 * Names that an object of a data file has twice: JavaScript takes the last without a word, and the first is lost. Nothing is found
 * in what the data files import, nor where the parser, which is optional, is not installed; the TypeScript compiler finds them too.
 */
export async function duplicateKeyProblems({ userFolder }: Pick<Folders, 'userFolder'>): Promise<Problem[]> {
  const syntax = await import('../audit/code/syntax.ts').catch(() => undefined)
  if (!syntax) return []
  const files = (['catalogue', 'environments'] as const).flatMap((name) => dataFiles(userFolder, name))
  const found = await Promise.all(
    files.map(async (file) => {
      const parsed = syntax.parse(file, await readFile(file, 'utf8'))
      // What is wrong with it is said where it is loaded.
      if (parsed.mistakes.length > 0) return []
      return parsed.all.flatMap((node) => duplicatesIn(node, relative(userFolder, file), parsed, syntax.propertyName))
    }),
  )
  return found.flat()
}

// --- internal ---

function duplicatesIn(
  node: Node,
  file: string,
  { placeOf }: Syntax,
  nameOf: (key: Node, computed: boolean) => string | undefined,
): Problem[] {
  if (node.type !== 'ObjectExpression') return []
  // A getter and a setter are one property.
  const named = node.properties.flatMap((property) => {
    const name =
      property.type === 'Property' && property.kind === 'init' ? nameOf(property.key, property.computed) : undefined
    return name === undefined ? [] : [{ name, line: placeOf(property).line }]
  })
  return [...groupBy(named, ({ name }) => name)].flatMap(([name, same]) => {
    if (same.length < 2) return []
    const lines = same.map(({ line }) => line)
    return {
      code: 'DUPLICATE_KEY',
      where: `${file}:${lines[0]}`,
      message: `an object has "${name}" ${same.length === 2 ? 'twice' : `${same.length} times`}, in lines ${lines.slice(0, -1).join(', ')} and ${lines.at(-1)}: only the last counts. Expected each name once.`,
      fix: 'Rename one of them, or bring them together.',
    }
  })
}
