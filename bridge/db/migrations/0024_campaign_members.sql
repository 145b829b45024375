-- Campaigns in Salesforce that stand for mailings, and who is a member of them; only where they are wanted.

CREATE TABLE mailing_campaign (
  connection_id        int,
  campaign_activity_id uuid,
  sf_id                text NOT NULL,
  written_name         text NOT NULL,
  members_until        timestamptz,                                -- Interactions that were written before are members
  PRIMARY KEY (connection_id, campaign_activity_id),
  FOREIGN KEY (connection_id, campaign_activity_id) REFERENCES campaign_activity
);

CREATE TABLE campaign_member (
  connection_id        int,
  campaign_activity_id uuid,
  practifi_contact     text,
  status               text NOT NULL,                              -- as Salesforce has it
  PRIMARY KEY (connection_id, campaign_activity_id, practifi_contact),
  FOREIGN KEY (connection_id, campaign_activity_id) REFERENCES mailing_campaign
);
CREATE INDEX campaign_member_person ON campaign_member (connection_id, practifi_contact);
