import { basename, dirname, relative, resolve, sep } from 'node:path'
import type { FoundFile, FoundObject } from '../../inputs/found-object.ts'
import {
  isRemote,
  type Kustomization,
  type KustomizationFields,
  kustomizationNames,
  namedFiles,
  readKustomization,
  resourcesOf,
  textsOf,
} from '../../inputs/kustomization.ts'
import { parseDocuments } from '../../inputs/parse-documents.ts'
import { walk } from '../../inputs/walk-files.ts'
import { addedLabels, generatedObjects, type KustomizeFolder, makesOthers } from './kustomize-folder.ts'

/** The kustomize folders below some paths, and those that they are made of, as their files say it. */
export async function readKustomize(paths: readonly string[], typedIn: string): Promise<KustomizeFolder[]> {
  const read = new Reading(typedIn)
  for (const path of paths) await read.below(path)
  return read.folders()
}

// --- internal ---

class Reading {
  readonly #typedIn: string
  /** By whole path. */
  readonly #files = new Map<string, FoundFile>()
  readonly #kustomizations = new Map<string, Kustomization>()
  readonly #objects = new Map<string, readonly FoundObject[]>()

  constructor(typedIn: string) {
    this.#typedIn = typedIn
  }

  async below(path: string): Promise<void> {
    const { files, rendered } = await walk(path, this.#shown)
    for (const file of files) this.#files.set(resolve(file.whole), file)
    for (const { folder, by } of rendered) if (by === 'kustomize') await this.#add(resolve(folder))
  }

  folders(): KustomizeFolder[] {
    const all = [...this.#kustomizations.values()]
    const named = new Set(all.flatMap(({ folder, says }) => namedFiles(says).map((path) => resolve(folder, path))))
    const lone = [...this.#files.keys()].filter((path) => this.#isMisnamed(path) && this.#ownerOf(path) === undefined)
    return [...lone.map(this.#misnamedFolder), ...all.map((one) => this.#folder(one, named))]
  }

  /** Its only kustomization has a name that nobody reads. */
  readonly #misnamedFolder = (path: string): KustomizeFolder => {
    const [folder, file] = [this.#shown(dirname(path)), this.#shown(path)]
    return { folder, file, says: {}, objects: [], changed: [], isOpen: true, unreached: [], misnamed: [file] }
  }

  #folder({ folder, file, says }: Kustomization, named: ReadonlySet<string>): KustomizeFolder {
    const own = [...this.#files.keys()].filter((path) => this.#ownerOf(path) === folder && !named.has(path))
    return {
      folder: this.#shown(folder),
      file: this.#shown(file),
      says,
      objects: this.#objectsOf(folder, new Set()),
      ...this.#changed(folder, says),
      unreached: own.filter((path) => this.#parsed(path).length > 0).map(this.#shown),
      misnamed: own.filter((path) => this.#isMisnamed(path)).map(this.#shown),
    }
  }

  readonly #shown = (path: string) => relative(this.#typedIn, path) || '.'

  /** A folder, and those outside of the input that it is made of. */
  async #add(folder: string): Promise<void> {
    if (this.#kustomizations.has(folder)) return
    const found = await readKustomization(folder)
    if (!found) return
    this.#kustomizations.set(folder, found)
    for (const path of resourcesOf(found.says)) {
      const whole = resolve(folder, path)
      if (this.#files.has(whole) || this.#kustomizations.has(whole) || isRemote(path)) continue
      await this.below(whole).catch(() => undefined)
    }
  }

  /** The nearest folder above a file that has a kustomization. */
  #ownerOf(path: string): string | undefined {
    for (let folder = dirname(path); folder !== dirname(folder); folder = dirname(folder))
      if (this.#kustomizations.has(folder)) return folder
    return undefined
  }

  #parsed(path: string): readonly FoundObject[] {
    const file = this.#files.get(path)
    const known = this.#objects.get(path) ?? (file ? parseDocuments(file).objects : [])
    this.#objects.set(path, known)
    return known
  }

  /** What it may change: of a component whatever the folders have that use it. */
  #changed(folder: string, says: KustomizationFields): Pick<KustomizeFolder, 'changed' | 'isOpen'> {
    const users =
      says.kind === 'Component'
        ? [...this.#kustomizations.values()].filter((one) =>
            textsOf(one.says.components).some((path) => resolve(one.folder, path) === folder),
          )
        : []
    const wholes = says.kind === 'Component' ? users.map((one) => one.folder) : [folder]
    return {
      changed: wholes.flatMap((whole) => this.#objectsOf(whole, new Set())),
      isOpen: wholes.length === 0 || wholes.some((whole) => this.#isOpen(whole, new Set())),
    }
  }

  #objectsOf(path: string, seen: Set<string>): readonly FoundObject[] {
    if (seen.has(path)) return []
    seen.add(path)
    const kustomization = this.#kustomizations.get(path)
    if (!kustomization) return this.#parsed(path)
    const { folder, file, says } = kustomization
    const objects = [
      ...resourcesOf(says).flatMap((part) => this.#objectsOf(resolve(folder, part), seen)),
      ...generatedObjects(says, `${this.#shown(file)}:1`),
    ]
    const added = addedLabels(says)
    return objects.map((object) => ({ ...object, labels: { ...object.labels, ...added } }))
  }

  #isOpen(path: string, seen: Set<string>): boolean {
    if (seen.has(path)) return false
    seen.add(path)
    const kustomization = this.#kustomizations.get(path)
    // A file that could not be read may have anything in it.
    if (!kustomization) return !this.#files.has(path)
    const { folder, says } = kustomization
    return makesOthers(says) || resourcesOf(says).some((part) => this.#isOpen(resolve(folder, part), seen))
  }

  #isMisnamed(path: string): boolean {
    const text = this.#files.get(path)?.text ?? ''
    if (kustomizationNames.includes(basename(path)) || path.split(sep).length === 0) return false
    return /^kind:\s*Kustomization\s*$/m.test(text) && /^apiVersion:\s*kustomize\.config\.k8s\.io\//m.test(text)
  }
}
