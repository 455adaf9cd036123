import { loadApplication } from '../../scripts/session/application.ts'
import { root } from './generating.ts'

/** The application this repository holds, whatever it is: a test may name nothing of it. */
export const committed = await loadApplication({ userFolder: root })

/** Its environments, in the order they are written down. */
export const committedEnvironments = Object.keys(committed.environments)
