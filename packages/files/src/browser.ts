// What browsers get in place of index.ts: nothing that reads or writes files.

export { previousFolder } from './previous-folder.ts'
