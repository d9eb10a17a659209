/** The studio is a built web application (`dist/`); as a package it offers only what journeys and servers need to know. */
export { apiVersion } from './api.ts'
