import { findTools } from '../../scripts/local/toolchain/find.ts'
import { toolchainIo } from './tools.ts'

/** Runs once before the tests of the emulator: Scaleway's own clients, so that their first build is not a test's timeout. */
export async function setup(): Promise<void> {
  await findTools(['scw', 'scaleway-python'], toolchainIo)
}
