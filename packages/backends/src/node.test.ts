import { testNative } from './testing/native-checks.ts'

testNative('node')
