export { isRunning, signalDetached, startDetached, type DetachedCommand, type ProcessReference } from './detached-process.ts'
export { holderName, isHolderGone } from './holder.ts'
export { fulcrumPython, modulePath, type PythonModule } from './python-module.ts'
export { WorkDirectory } from './work-directory.ts'
