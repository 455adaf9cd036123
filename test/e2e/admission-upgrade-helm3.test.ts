import { helm3 } from '../helpers/chart.ts'
import { testUpgrades } from './admission-upgrades.ts'

testUpgrades(helm3)
