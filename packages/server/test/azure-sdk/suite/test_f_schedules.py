from azure.ai.ml import load_job
from azure.ai.ml.constants import TimeZone
from azure.ai.ml.entities import CronTrigger, JobSchedule, RecurrencePattern, RecurrenceTrigger

from support import FILES, SdkCase, unique


class Schedules(SdkCase):
    def test_a_schedule_is_created_switched_off_and_deleted(self):
        client = self.client
        triggers = (
            CronTrigger(expression='15 10 * * 1', time_zone=TimeZone.UTC),
            RecurrenceTrigger(frequency='week', interval=1, schedule=RecurrencePattern(hours=[10], minutes=[15], week_days=['monday'])))
        for trigger in triggers:
            name = unique('schedule')
            schedule = JobSchedule(name=name, trigger=trigger, create_job=load_job(FILES / 'pipeline.yml'))
            made = client.schedules.begin_create_or_update(schedule).result()
            self.assertTrue(made.is_enabled)
            self.assertIn(name, [each.name for each in client.schedules.list()])
            self.assertFalse(client.schedules.begin_disable(name).result().is_enabled)
            self.assertTrue(client.schedules.begin_enable(name).result().is_enabled)
            client.schedules.begin_disable(name).result()
            client.schedules.begin_delete(name).result()
            self.assertNotIn(name, [each.name for each in client.schedules.list()])
