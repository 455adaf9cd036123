import type { Step } from './step.ts'
import { backupStep } from './steps/backup.ts'
import { compareStep } from './steps/compare.ts'
import { credentialsStep } from './steps/credentials.ts'
import { deleteStep } from './steps/delete.ts'
import { deployStep } from './steps/deploy.ts'
import { fillStep } from './steps/fill.ts'
import { inventoryStep } from './steps/inventory.ts'
import { namespacesStep } from './steps/namespaces.ts'
import { switchStep } from './steps/switch.ts'
import { takeOverStep } from './steps/take-over.ts'
import { waitStep } from './steps/wait.ts'

/** The list is the migration. */
export const steps: readonly Step[] = [
  inventoryStep,
  backupStep,
  namespacesStep,
  fillStep,
  credentialsStep,
  takeOverStep,
  deployStep,
  waitStep,
  compareStep,
  switchStep,
  deleteStep,
]
