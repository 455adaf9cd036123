import { helm4 } from '../helpers/chart.ts'
import { testUpgrades } from './admission-upgrades.ts'

testUpgrades(helm4)
