export { SettingsPage } from './pages/SettingsPage.tsx'
