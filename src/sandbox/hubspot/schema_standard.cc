// The object types, standard properties and default pipelines of a new portal. A selection: a real
// portal defines hundreds of properties per type; these are the ones a sync reads and writes.
#include "sandbox/hubspot/schema.h"

namespace rapport::sandbox::hubspot {
namespace {

enum class Access { kWritable, kReadOnly };

struct Row {
  const char* name;
  const char* label;
  const char* type;
  const char* field_type;
  Access access = Access::kWritable;
};
constexpr Access kFixed = Access::kReadOnly;

void define(ObjectType& type, const std::string& group, Micros now,
            std::initializer_list<Row> rows) {
  for (const Row& row : rows) {
    Property property{.name = row.name,
                      .label = row.label,
                      .type = row.type,
                      .field_type = row.field_type,
                      .group = group,
                      .created_at = now};
    property.read_only = row.access == Access::kReadOnly;
    type.properties[row.name] = std::move(property);
  }
}

void offer(ObjectType& type, const char* property, std::initializer_list<Choice> choices) {
  type.properties.at(property).choices = choices;
}

// What every record has, whatever its type.
void define_common(ObjectType& type, const std::string& group, Micros now) {
  define(type, group, now,
         {{"hs_object_id", "Record ID", "number", "number", kFixed},
          {"hs_object_source", "Record source", "string", "text", kFixed},
          {"hs_object_source_label", "Record source label", "string", "text", kFixed},
          {"hubspot_owner_id", "Owner", "enumeration", "select"},
          {"hubspot_owner_assigneddate", "Owner assigned date", "datetime", "date", kFixed}});
  type.properties.at("hs_object_id").unique = true;
  type.properties.at("hubspot_owner_id").has_own_values = false;
  type.groups.push_back({group, type.singular + " information"});
}

const std::initializer_list<Choice> kLifecycle = {
    {"subscriber", "Subscriber"},
    {"lead", "Lead"},
    {"marketingqualifiedlead", "Marketing Qualified Lead"},
    {"salesqualifiedlead", "Sales Qualified Lead"},
    {"opportunity", "Opportunity"},
    {"customer", "Customer"},
    {"evangelist", "Evangelist"},
    {"other", "Other"}};

ObjectType contacts(Micros now) {
  ObjectType type{
      .name = "contacts",
      .singular = "contact",
      .id = "0-1",
      .modified = "lastmodifieddate",
      .shown = {"createdate", "email", "firstname", "hs_object_id", "lastmodifieddate", "lastname"},
      .required = {},
      .searchable = {"firstname", "lastname", "email", "phone", "mobilephone", "fax", "company",
                     "hs_additional_emails"}};
  type.read_scope = "crm.objects.contacts.read";
  type.write_scope = "crm.objects.contacts.write";
  type.schema_scope = "crm.schemas.contacts.write";
  define_common(type, "contactinformation", now);
  define(type, "contactinformation", now,
         {{"email", "Email", "string", "text"},
          {"firstname", "First Name", "string", "text"},
          {"lastname", "Last Name", "string", "text"},
          {"phone", "Phone Number", "string", "phonenumber"},
          {"mobilephone", "Mobile Phone Number", "string", "phonenumber"},
          {"fax", "Fax Number", "string", "phonenumber"},
          {"company", "Company Name", "string", "text"},
          {"jobtitle", "Job Title", "string", "text"},
          {"website", "Website URL", "string", "text"},
          {"address", "Street Address", "string", "text"},
          {"city", "City", "string", "text"},
          {"state", "State/Region", "string", "text"},
          {"zip", "Postal Code", "string", "text"},
          {"country", "Country/Region", "string", "text"},
          {"industry", "Industry", "string", "text"},
          {"message", "Message", "string", "textarea"},
          {"hs_language", "Preferred language", "string", "text"},
          {"hs_timezone", "Time Zone", "string", "text"},
          {"hs_lead_status", "Lead Status", "enumeration", "radio"},
          {"lifecyclestage", "Lifecycle Stage", "enumeration", "radio"},
          {"hs_additional_emails", "Additional email addresses", "string", "text", kFixed},
          {"hs_email_domain", "Email Domain", "string", "text", kFixed},
          {"createdate", "Create Date", "datetime", "date", kFixed},
          {"lastmodifieddate", "Last Modified Date", "datetime", "date", kFixed}});
  type.properties.at("email").unique = true;
  offer(type, "lifecyclestage", kLifecycle);
  offer(type, "hs_lead_status",
        {{"NEW", "New"},
         {"OPEN", "Open"},
         {"IN_PROGRESS", "In Progress"},
         {"OPEN_DEAL", "Open Deal"},
         {"UNQUALIFIED", "Unqualified"},
         {"ATTEMPTED_TO_CONTACT", "Attempted to Contact"},
         {"CONNECTED", "Connected"},
         {"BAD_TIMING", "Bad Timing"}});
  return type;
}

ObjectType companies(Micros now) {
  ObjectType type{.name = "companies",
                  .singular = "company",
                  .id = "0-2",
                  .modified = "hs_lastmodifieddate",
                  .shown = {"createdate", "domain", "hs_lastmodifieddate", "hs_object_id", "name"},
                  .required = {},
                  .searchable = {"website", "phone", "name", "domain"}};
  type.read_scope = "crm.objects.companies.read";
  type.write_scope = "crm.objects.companies.write";
  type.schema_scope = "crm.schemas.companies.write";
  define_common(type, "companyinformation", now);
  define(type, "companyinformation", now,
         {{"name", "Company name", "string", "text"},
          {"domain", "Company Domain Name", "string", "text"},
          {"website", "Website URL", "string", "text"},
          {"phone", "Phone Number", "string", "phonenumber"},
          {"description", "Description", "string", "textarea"},
          {"address", "Street Address", "string", "text"},
          {"city", "City", "string", "text"},
          {"state", "State/Region", "string", "text"},
          {"zip", "Postal Code", "string", "text"},
          {"country", "Country/Region", "string", "text"},
          {"industry", "Industry", "string", "text"},
          {"numberofemployees", "Number of Employees", "number", "number"},
          {"annualrevenue", "Annual Revenue", "number", "number"},
          {"lifecyclestage", "Lifecycle Stage", "enumeration", "radio"},
          {"createdate", "Create Date", "datetime", "date", kFixed},
          {"hs_lastmodifieddate", "Last Modified Date", "datetime", "date", kFixed}});
  offer(type, "lifecyclestage", kLifecycle);
  return type;
}

Json deal_stage(const char* probability, const char* closed) {
  return Json::object().set("isClosed", closed).set("probability", probability);
}

ObjectType deals(Micros now) {
  ObjectType type{.name = "deals",
                  .singular = "deal",
                  .id = "0-3",
                  .modified = "hs_lastmodifieddate",
                  .shown = {"amount", "closedate", "createdate", "dealname", "dealstage",
                            "hs_lastmodifieddate", "hs_object_id", "pipeline"},
                  .required = {},
                  .searchable = {"dealname", "pipeline", "dealstage", "description", "dealtype"},
                  .pipeline_property = "pipeline",
                  .stage_property = "dealstage"};
  type.read_scope = "crm.objects.deals.read";
  type.write_scope = "crm.objects.deals.write";
  type.schema_scope = "crm.schemas.deals.write";
  define_common(type, "dealinformation", now);
  define(type, "dealinformation", now,
         {{"dealname", "Deal Name", "string", "text"},
          {"amount", "Amount", "number", "number"},
          {"closedate", "Close Date", "datetime", "date"},
          {"pipeline", "Pipeline", "enumeration", "select"},
          {"dealstage", "Deal Stage", "enumeration", "radio"},
          {"description", "Deal Description", "string", "textarea"},
          {"dealtype", "Deal Type", "enumeration", "radio"},
          {"createdate", "Create Date", "datetime", "date", kFixed},
          {"hs_lastmodifieddate", "Last Modified Date", "datetime", "date", kFixed}});
  offer(type, "dealtype",
        {{"newbusiness", "New Business"}, {"existingbusiness", "Existing Business"}});
  type.pipelines = {
      {"default",
       "Sales Pipeline",
       {{"appointmentscheduled", "Appointment Scheduled", deal_stage("0.2", "false")},
        {"qualifiedtobuy", "Qualified To Buy", deal_stage("0.4", "false")},
        {"presentationscheduled", "Presentation Scheduled", deal_stage("0.6", "false")},
        {"decisionmakerboughtin", "Decision Maker Bought-In", deal_stage("0.8", "false")},
        {"contractsent", "Contract Sent", deal_stage("0.9", "false")},
        {"closedwon", "Closed Won", deal_stage("1.0", "true")},
        {"closedlost", "Closed Lost", deal_stage("0.0", "true")}}}};
  return type;
}

Json ticket_stage(const char* state, const char* closed) {
  return Json::object().set("ticketState", state).set("isClosed", closed);
}

ObjectType tickets(Micros now) {
  ObjectType type{
      .name = "tickets",
      .singular = "ticket",
      .id = "0-5",
      .modified = "hs_lastmodifieddate",
      .shown = {"content", "createdate", "hs_lastmodifieddate", "hs_object_id", "hs_pipeline",
                "hs_pipeline_stage", "hs_ticket_category", "hs_ticket_priority", "subject"},
      .required = {"hs_pipeline_stage"},
      .searchable = {"subject", "content", "hs_pipeline_stage", "hs_ticket_category"},
      .pipeline_property = "hs_pipeline",
      .stage_property = "hs_pipeline_stage"};
  type.read_scope = type.write_scope = type.schema_scope = "tickets";
  define_common(type, "ticketinformation", now);
  define(type, "ticketinformation", now,
         {{"subject", "Ticket name", "string", "text"},
          {"content", "Ticket description", "string", "textarea"},
          {"hs_pipeline", "Pipeline", "enumeration", "select"},
          {"hs_pipeline_stage", "Ticket status", "enumeration", "select"},
          {"hs_ticket_priority", "Priority", "enumeration", "select"},
          {"hs_ticket_category", "Category", "enumeration", "select"},
          {"hs_resolution", "Resolution", "enumeration", "select"},
          {"source_type", "Source", "enumeration", "select"},
          {"closed_date", "Close date", "datetime", "date"},
          {"createdate", "Create date", "datetime", "date", kFixed},
          {"hs_lastmodifieddate", "Last modified date", "datetime", "date", kFixed}});
  offer(type, "hs_ticket_priority",
        {{"LOW", "Low"}, {"MEDIUM", "Medium"}, {"HIGH", "High"}, {"URGENT", "Urgent"}});
  offer(type, "hs_ticket_category",
        {{"PRODUCT_ISSUE", "Product issue"},
         {"BILLING_ISSUE", "Billing issue"},
         {"FEATURE_REQUEST", "Feature request"},
         {"GENERAL_INQUIRY", "General inquiry"}});
  offer(type, "hs_resolution", {{"ISSUE_FIXED", "Issue fixed"}, {"NOT_RESOLVED", "Not resolved"}});
  offer(type, "source_type",
        {{"CHAT", "Chat"}, {"EMAIL", "Email"}, {"FORM", "Form"}, {"PHONE", "Phone"}});
  type.pipelines = {{"0",
                     "Support Pipeline",
                     {{"1", "New", ticket_stage("OPEN", "false")},
                      {"2", "Waiting on contact", ticket_stage("OPEN", "false")},
                      {"3", "Waiting on us", ticket_stage("OPEN", "false")},
                      {"4", "Closed", ticket_stage("CLOSED", "true")}}}};
  return type;
}

ObjectType activity(const char* name, const char* singular, const char* id, Micros now) {
  ObjectType type{.name = name,
                  .singular = singular,
                  .id = id,
                  .modified = "hs_lastmodifieddate",
                  .shown = {"hs_createdate", "hs_lastmodifieddate", "hs_object_id"},
                  .required = {"hs_timestamp"},
                  .searchable = {}};
  type.read_scope = "crm.objects.contacts.read";
  type.write_scope = type.schema_scope = "crm.objects.contacts.write";
  define_common(type, "engagement", now);
  define(type, "engagement", now,
         {{"hs_timestamp", "Activity date", "datetime", "date"},
          {"hs_attachment_ids", "Attached file IDs", "string", "text"},
          {"hs_createdate", "Create date", "datetime", "date", kFixed},
          {"hs_lastmodifieddate", "Last modified date", "datetime", "date", kFixed}});
  return type;
}

ObjectType notes(Micros now) {
  ObjectType type = activity("notes", "note", "0-46", now);
  type.searchable = {"hs_note_body"};
  define(type, "engagement", now,
         {{"hs_note_body", "Note body", "string", "html"},
          {"hs_body_preview", "Body preview", "string", "text", kFixed}});
  return type;
}

ObjectType tasks(Micros now) {
  ObjectType type = activity("tasks", "task", "0-27", now);
  type.searchable = {"hs_task_subject", "hs_task_body"};
  define(type, "engagement", now,
         {{"hs_task_subject", "Task Title", "string", "text"},
          {"hs_task_body", "Task Notes", "string", "html"},
          {"hs_task_status", "Task Status", "enumeration", "select"},
          {"hs_task_priority", "Priority", "enumeration", "select"},
          {"hs_task_type", "Task Type", "enumeration", "select"},
          {"hs_task_completion_date", "Completed at", "datetime", "date", kFixed}});
  offer(type, "hs_task_status",
        {{"NOT_STARTED", "Not started"},
         {"IN_PROGRESS", "In progress"},
         {"WAITING", "Waiting"},
         {"DEFERRED", "Deferred"},
         {"COMPLETED", "Completed"}});
  offer(type, "hs_task_priority",
        {{"NONE", "None"}, {"LOW", "Low"}, {"MEDIUM", "Medium"}, {"HIGH", "High"}});
  offer(type, "hs_task_type", {{"TODO", "To-do"}, {"CALL", "Call"}, {"EMAIL", "Email"}});
  return type;
}

}  // namespace

std::vector<ObjectType> standard_types(Micros now) {
  return {contacts(now), companies(now), deals(now), tickets(now), notes(now), tasks(now)};
}

}  // namespace rapport::sandbox::hubspot
