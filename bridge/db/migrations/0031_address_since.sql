-- A contact takes its permission along to another address, and not the opt-ins that were given for the one before.

ALTER TABLE cc_contact ADD COLUMN address_since timestamptz;       -- by the vendor's clock; NULL: no other address is known of

CREATE FUNCTION note_address() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.address_since := coalesce(NEW.updated_at, app_now());
  RETURN NEW;
END $$;

CREATE TRIGGER cc_contact_address BEFORE UPDATE OF email_key ON cc_contact
FOR EACH ROW WHEN (OLD.email_key IS DISTINCT FROM NEW.email_key) EXECUTE FUNCTION note_address();
